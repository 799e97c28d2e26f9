"""Campaigns against the promises: kills, full disks, nonsense at every door, damaged files."""
