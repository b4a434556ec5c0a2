"""The configuration of a node, chosen so that nothing happens at a moment of its own choosing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

DETERMINISTIC: Mapping[str, str] = {
    "listen_addresses": "",
    "max_connections": "40",
    "shared_buffers": "1MB",
    "dynamic_shared_memory_type": "mmap",
    "wal_level": "replica",
    "hot_standby": "on",
    "fsync": "on",
    "full_page_writes": "on",
    "wal_log_hints": "off",
    "autovacuum": "off",
    "bgwriter_lru_maxpages": "0",
    "checkpoint_timeout": "1h",
    "max_wal_size": "1GB",
    "min_wal_size": "2MB",
    "wal_keep_size": "512MB",
    "wal_init_zero": "on",
    "wal_recycle": "off",
    "wal_sender_timeout": "0",
    "wal_receiver_timeout": "0",
    "wal_receiver_status_interval": "1s",
    "wal_retrieve_retry_interval": "20ms",
    "max_wal_senders": "10",
    "max_prepared_transactions": "10",
    "recovery_init_sync_method": "syncfs",
    "synchronous_commit": "on",
    "restart_after_crash": "off",
    "log_line_prefix": "%m [%p] %b ",
    "log_min_messages": "info",
    "log_checkpoints": "on",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
    "max_parallel_maintenance_workers": "0",
}
"""What every node starts with. Shared memory lies in the data directory, so it is gone with it, whoever is killed.

A segment of WAL is recycled in no scenario: its old content would look like a tail.
"""


def write_settings(data: Path, socket_directory: Path, chosen: Mapping[str, str]) -> None:
    """Writes the whole configuration of the data directory anew: the above, the socket, then what was chosen."""
    values = {**DETERMINISTIC, "unix_socket_directories": str(socket_directory), **chosen}
    lines = [f"{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in values.items()]
    (data / "postgresql.conf").write_text("\n".join(lines) + "\n")
    (data / "postgresql.auto.conf").write_text("")
