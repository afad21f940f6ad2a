"""Distinct types for the identity of each noun.

All are integers given by the database, stable from birth and never derived from a
name. `RunName` is the short id that the client chooses for a run.
"""

from typing import NewType

UserId = NewType("UserId", int)
EntityId = NewType("EntityId", int)
OrganizationId = NewType("OrganizationId", int)
ProjectId = NewType("ProjectId", int)
RunId = NewType("RunId", int)
RunName = NewType("RunName", str)
FileId = NewType("FileId", int)
BlobId = NewType("BlobId", int)
CollectionId = NewType("CollectionId", int)
VersionId = NewType("VersionId", int)
ManifestId = NewType("ManifestId", int)
MembershipId = NewType("MembershipId", int)
SweepId = NewType("SweepId", int)
AgentId = NewType("AgentId", int)
ViewId = NewType("ViewId", int)
