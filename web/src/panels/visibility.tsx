/** Who sees a project, in words. */
import type { Visibility } from "@/api/project";
import "./visibility.css";

export const visibilities: readonly { value: Visibility; label: string; about: string }[] = [
  { value: "private", label: "Private", about: "The owner's members see it; those who may write log to it." },
  { value: "restricted", label: "Restricted", about: "Only people and teams that are added to it, and the owner's administrators." },
  { value: "open", label: "Open", about: "Everybody who is signed in reads it and may log to it." },
  { value: "public", label: "Public", about: "Everybody reads it, also without signing in; members write." },
];

/** One of the four. */
export function VisibilityChoice({ value, disabled = false, onChange }: { value: string; disabled?: boolean; onChange: (next: Visibility) => void }) {
  return (
    <div role="radiogroup" aria-label="Who sees it" className="visibility">
      {visibilities.map((one) => (
        <label key={one.value} className="visibility-one" data-chosen={one.value === value || undefined}>
          <input type="radio" name="visibility" value={one.value} checked={one.value === value} disabled={disabled} onChange={() => onChange(one.value)} />
          <span><b>{one.label}</b><span className="muted">{one.about}</span></span>
        </label>
      ))}
    </div>
  );
}
