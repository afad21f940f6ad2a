/** The parts of the settings page, by the names that stand in its address. */
export const tabs = ["account", "teams", "admin", "about"] as const;

export type Tab = (typeof tabs)[number];

export interface SettingsSearch {
  tab?: Tab | undefined;
}
