"""What the stages share: settings, arguments, data, drawings, artifacts, lineage, reports."""
