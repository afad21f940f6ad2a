/** The parts of the settings page, by the names that stand in its address. */
export const tabs = ["account", "teams", "admin", "about"] as const;

export type Tab = (typeof tabs)[number];

/** `welcome`: somebody who came by a one-time link and needs a password. */
export interface SettingsSearch {
  tab?: Tab | undefined;
  welcome?: 1 | undefined;
}
