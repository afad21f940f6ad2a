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

step("a team of one's own", "CreateTeam", "CreateInvite", "DeleteInvite", "CreateServiceAccount")
crew, friend = f"crew-{ME}", "client-0-31-0" if VERSION < (0, 31) else "client-0-28-2"


def people():
    """Members of the new team by name, read anew."""
    return {one.username: one for one in wandb.Api().team(crew).members}


def invited(who):
    """Whether somebody could be invited; old clients raise where newer ones say no."""
    try:
        return wandb.Api().team(crew).invite(who)
    except wandb.Error:
        return False


same([one.username for one in api.create_team(crew).members], [ME])
check(invited(friend))
check(not invited(friend), "a member can't be invited again")
check(not invited("nobody-of-that-name"), "there is no such person")
same(set(people()), {ME, friend})
robot = wandb.Api().team(crew).create_service_account("nightly training")
same((robot.name, robot.account_type), ("nightly training", "SERVICE"))
check(people()[friend].delete())
same(set(people()), {ME, robot.username})

if VERSION >= (0, 28):  # older ones sign this call with the key that they read in the list of keys
    step("keys of one's own", "GenerateApiKey", "DeleteApiKey")
    key = wandb.Api().viewer.generate_api_key("for the night")
    check(len(key) == 40, "a key that every version takes")
    viewer = wandb.Api(api_key=key).viewer
    same(viewer.username, ME)
    (shown,) = [one for one in viewer.api_keys if key.startswith(one)]
    check(viewer.delete_api_key(shown))
    check(shown not in wandb.Api().viewer.api_keys)
    with refused():
        wandb.Api(api_key=key).viewer.username  # noqa: B018 - reading asks

step("people are made by administrators", "CreateUserFromAdmin")
with refused():
    api.create_user("new@example.org")
boss = wandb.Api(api_key=os.environ["ADMIN_KEY"])
made = boss.create_user(f"new-{ME}@example.org")
same((made.username, made.email, bool(made.admin)), (f"new-{ME}", f"new-{ME}@example.org", False))
same(bool(boss.create_user(f"chief-{ME}@example.org", admin=True).admin), True)
same([one.username for one in api.users(f"new-{ME}@example.org")], [f"new-{ME}"])
with refused(*(["belongs to a person"] if VERSION >= (0, 28) else [])):
    boss.create_user(f"new-{ME}@example.org")

if VERSION >= (0, 17):
    step("a wrong key is refused at once")
    with refused(kinds=(wandb.Error, ValueError, Exception)):
        wandb.login(key="f" * 40, relogin=True, verify=True)
end()
