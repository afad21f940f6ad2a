/** Teams: who belongs to them, and with which role. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useChange } from "./change";
import { get, post, put, remove } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type TeamDetail = Schemas["Team"];
export type TeamMember = Schemas["TeamMember"];
export type TeamRole = TeamMember["role"];
export type Invited = Schemas["Invitation"];

const here = ["teams"] as const;
const at = (team: string, ...more: string[]) => `/api/teams/${[team, ...more].map(encodeURIComponent).join("/")}`;

/** One's own teams; every team for administrators of the server. */
export const useTeams = () => useQuery({ queryKey: here, queryFn: ({ signal }) => get<Schemas["TeamList"]>("/api/teams", signal) });

function useTeamChange<Given, Answer>(change: (given: Given) => Promise<Answer>) {
  const client = useQueryClient();
  return useChange({ mutationFn: change, onSettled: () => client.invalidateQueries({ queryKey: here }) });
}

export function useMakeTeam() {
  const client = useQueryClient();
  return useChange({
    mutationFn: (name: string) => post<TeamDetail>("/api/teams", { name }),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: here }), client.invalidateQueries({ queryKey: ["session"] })]),
  });
}

/** Add a person who has an account, or change their role. */
export const useSetRole = (team: string) => useTeamChange(({ username, role }: { username: string; role: TeamRole }) => put<TeamDetail>(at(team, "members", username), { role }));

export const useRemoveMember = (team: string) => useTeamChange((username: string) => remove<Schemas["DeleteAnswer"]>(at(team, "members", username)));

/** Make an account for a colleague; the answer has the link that works once. */
export const useInvite = (team: string) => useTeamChange((body: { username: string; email: string | null; role: TeamRole }) => post<Invited>(at(team, "invitations"), body));
