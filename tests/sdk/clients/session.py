"""Login, the viewer, and what the server says of itself."""

import os

import wandb
from common import ME, TEAM, VERSION, check, end, refused, same, step

step("login with a key of this server")
check(wandb.login(key=os.environ["WANDB_API_KEY"], relogin=True))
if VERSION >= (0, 17):
    check(wandb.login(key=os.environ["WANDB_API_KEY"], relogin=True, verify=True))

step("the viewer", "GetViewer", "GetDefaultEntity")
api = wandb.Api()
same(api.default_entity, ME)
viewer = api.viewer
same(viewer.username, ME)
same(viewer.entity, ME)
check({ME, TEAM} <= set(viewer.teams), viewer.teams)
check(all(len(one) < 40 for one in viewer.api_keys), "api_keys shows visible prefixes, never a whole key")
same(viewer.email, f"{ME}@example.org")

step("people")
same(api.user(ME).username, ME)
check(api.user("nobody-of-that-name") is None)
check(ME in [one.username for one in api.users(ME)])

step("the team")
team = api.team(TEAM)
same(team.name, TEAM)
check(ME in [one.name or one.username for one in team.members] or team.members, team.members)

if VERSION >= (0, 17):
    step("a wrong key is refused at once")
    with refused(kinds=(wandb.Error, ValueError, Exception)):
        wandb.login(key="f" * 40, relogin=True, verify=True)
end()
