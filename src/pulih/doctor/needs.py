"""What `pulih run --config configs/quick.json` needs, in one place."""

GB = 10**9

PYTHON = (3, 11)

# The processes of one task at a time, with the orchestrator beside it, stay below this.
MEMORY = 6 * GB
# Below this a stage is killed rather than slow.
MEMORY_LEAST = 3 * GB

# Lines, checkpoints, models, reports and the registry of several runs.
DISK = 5 * GB
DISK_LEAST = 1 * GB

CORES = 2
