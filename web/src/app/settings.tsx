/** The settings page: one's account, teams, the installation for its administrators, and what this server is. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Info, Server, UserRound, UsersRound } from "lucide-react";
import { lazy, Suspense } from "react";
import { basePath } from "@/api/client";
import { useSession } from "@/api/needs";
import { Empty, Failure, Skeleton } from "@/ui/parts";
import type { Tab } from "./settings_tabs";
import "./settings.css";

const Account = lazy(() => import("@/features/settings/account").then((part) => ({ default: part.Account })));
const Teams = lazy(() => import("@/features/settings/teams").then((part) => ({ default: part.Teams })));
const About = lazy(() => import("@/features/settings/about").then((part) => ({ default: part.About })));
const Administration = lazy(() => import("@/features/admin/admin").then((part) => ({ default: part.Administration })));

const names: Record<Tab, { label: string; icon: React.ReactNode }> = {
  account: { label: "Account", icon: <UserRound size={15} /> },
  teams: { label: "Teams", icon: <UsersRound size={15} /> },
  admin: { label: "Administration", icon: <Server size={15} /> },
  about: { label: "About", icon: <Info size={15} /> },
};

/** The page; which part of it is in the address. */
export function Settings() {
  const { tab = "account" } = useSearch({ from: "/settings" });
  const navigate = useNavigate({ from: "/settings" });
  const session = useSession();
  if (session.error !== null) return <main id="main" className="page"><div className="inner"><Failure error={session.error} /></div></main>;
  if (session.data === undefined) return <main id="main" className="page"><Skeleton /></main>;
  if (!session.data.signed_in) {
    return (
      <main id="main" className="page">
        <Empty title="You are not signed in">
          <p>Settings belong to a person. Sign in to see yours.</p>
          <a className="button primary" href={`${basePath}/login?next=${encodeURIComponent("/settings")}`}>Sign in</a>
        </Empty>
      </main>
    );
  }
  const shown: Tab[] = ["account", "teams", ...(session.data.admin ? (["admin"] as const) : []), "about"];
  return (
    <main id="main" className="page" data-scroll>
      <div className="settings">
        <nav className="settings-nav" aria-label="Settings">
          {shown.map((one) => (
            <button key={one} type="button" aria-current={one === tab ? "page" : undefined} onClick={() => void navigate({ search: { tab: one === "account" ? undefined : one } })}>{names[one].icon}{names[one].label}</button>
          ))}
        </nav>
        <div className="settings-body">
          <h1>{names[tab].label}</h1>
          <Suspense fallback={<Skeleton />}>
            {tab === "account" && <Account />}
            {tab === "teams" && <Teams self={session.data.username} />}
            {tab === "admin" && (session.data.admin ? <Administration self={session.data.username} /> : <Empty title="For administrators of this server"><p>You are not one of them. Ask one to make you an administrator.</p></Empty>)}
            {tab === "about" && <About session={session.data} />}
          </Suspense>
        </div>
      </div>
    </main>
  );
}
