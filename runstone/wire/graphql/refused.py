"""What clients may ask for and this server does not have: they read so, instead of an unknown field."""

import re
from collections.abc import Iterable

from graphql import GraphQLError

_AUTOMATIONS = (
    "Automations are not supported by this server. Watch a run with `run.alert()`, or ask the API from a job "
    "of your own."
)
_LAUNCH = (
    "Launch (jobs in queues) is not supported by this server. Start programs yourself, or with a sweep and "
    "`wandb agent`."
)
_SCHEDULER = (
    "Runs of a sweep can't be enqueued by a client: this server chooses the points itself. Put the points "
    "into the sweep's parameters."
)
_ANONYMOUS = (
    "Anonymous use is not supported by this server. Ask its administrator for an account, then use "
    "`wandb login`."
)
_FIELDS = {
    _AUTOMATIONS: (
        *("createFilterTrigger", "updateFilterTrigger", "deleteTrigger", "triggers", "triggersPaginated"),
        *("integrations", "createGenericWebhookIntegration", "projects", "slackIntegration"),
    ),
    _LAUNCH: (
        *("runQueues", "runQueue", "launchAgent", "createRunQueue", "upsertRunQueue", "deleteRunQueues"),
        *("deleteFromRunQueue", "pushToRunQueue", "pushToRunQueueByName", "popFromRunQueue"),
        *("ackRunQueueItem", "failRunQueueItem", "updateRunQueueItemWarning", "createLaunchAgent"),
        *("updateLaunchAgent", "createDefaultResourceConfig", "defaultResourceConfig", "launchAgents"),
    ),
    _SCHEDULER: ("enqueueSweepRun",),
    _ANONYMOUS: ("createAnonymousEntity", "createAnonymousApiKey"),
}
_WHY = {field: why for why, fields in _FIELDS.items() for field in fields}
_UNKNOWN = re.compile(r"Cannot query field '(\w+)'")


def why_refused(problems: Iterable[GraphQLError]) -> str | None:
    """The reason to give when a document asks for a feature that this server does not have."""
    for problem in problems:
        found = _UNKNOWN.match(problem.message)
        if found is not None and found[1] in _WHY:
            return _WHY[found[1]]
    return None
