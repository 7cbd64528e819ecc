"""What `pulih run --config configs/quick.json` needs, in one place."""

GB = 10**9

PYTHON = (3, 11)

# Measured: all processes of a quick run together take 1.9 GB at their peak (two workers, 149 archive pages for drift).
MEMORY = 4 * GB
# Below this a stage is killed rather than slow.
MEMORY_LEAST = 2 * GB

# Measured: one quick run leaves 0.25 GB of lines, checkpoints, models, reports and registry; others share much of it.
DISK = 2 * GB
DISK_LEAST = GB // 2

CORES = 2
