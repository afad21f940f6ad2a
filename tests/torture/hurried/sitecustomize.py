"""Loaded by every Python process of a tortured server: small segments and a collector in a hurry, so that
kills also fall into sealing and collecting."""

from datetime import timedelta

import runstone.actions.blob
import runstone.actions.history
import runstone.actions.retention
import runstone.actions.seal
import runstone.jobs.house
import runstone.jobs.seal

for module in (runstone.actions.history, runstone.actions.seal, runstone.jobs.seal):
    module.SEGMENT_LINES = 300
runstone.jobs.house.COLLECT_EVERY = timedelta(seconds=2)
runstone.actions.blob.UNREFERENCED_FOR = timedelta(seconds=30)
runstone.actions.retention.ABANDONED_AFTER = timedelta(seconds=30)
