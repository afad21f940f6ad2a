"""Every GraphQL operation that a wandb client may send, and which of them the server must serve.

The names are those of the newest tested client; older ones send others for the same fields,
which the recorded run adds by itself. `MUST` operations are each hit by a real client.
"""

MUST: dict[str, tuple[str, ...]] = {
    "Session": (
        *("Viewer", "GetViewer", "GetDefaultEntity", "ServerFeaturesQuery", "ServerInfo", "Project"),
        *("OrganizationCoreWeaveOrganizationID", "FetchOrgInfoFromEntity"),
    ),
    "Runs": (
        *("UpsertBucket", "RunResumeStatus", "RunStoppedStatus", "StopRun", "RunState", "Run", "Runs"),
        "RewindRun",
        *("NotifyScriptableRunAlert", "DeleteRun", "RunFullHistory", "RunSampledHistory"),
        *("SampledHistoryPage", "HistoryPage", "RunHistoryKeys", "RunParquetHistory"),
    ),
    "Files": ("CreateRunFiles", "MarkRunFilesUploaded", "RunFiles", "deleteFiles"),
    "Artifacts": (
        *("CreateArtifact", "CreateArtifactManifest", "CreateArtifactFiles", "CommitArtifact"),
        *("ClientIDMapping", "UseArtifact", "ArtifactType", "ArtifactByID", "ArtifactMembershipByName"),
        *("FetchArtifactManifest", "ArtifactManifest", "ArtifactMembershipFiles"),
        *("GetArtifactMembershipFileUrls", "ArtifactFileURLsByManifestEntries", "ArtifactUsedBy"),
        *("ArtifactCreatedBy", "FetchLinkedArtifacts", "RunOutputArtifacts", "RunInputArtifacts"),
        *("UpdateArtifact", "AddAliases", "DeleteAliases", "DeleteArtifact", "LinkArtifact"),
        *("UnlinkArtifact", "ProjectArtifactTypes", "ProjectArtifactType"),
        *("ArtifactTypeArtifactCollections", "ProjectArtifactCollections", "ProjectArtifactCollection"),
        *("ArtifactCollectionAliases", "ProjectArtifacts"),
    ),
    "Projects": ("GetProjects", "GetProject", "CreateProject"),
    "Sweeps": (
        *("UpsertSweep", "SweepWithRuns", "CreateAgent", "Heartbeat", "GetSweep", "GetSweepLegacy"),
        *("GetSweepState", "GetSweeps"),
    ),
    "Reports and charts": (
        *("ProjectViews", "View", "SpecificReport", "upsertView", "UpsertView2", "deleteView"),
        "ProjectInternalId",
    ),
}
