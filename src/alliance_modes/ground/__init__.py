"""What every other room stands on: errors, files, the layout of folders, YAML as closed models."""
