"""Programs of others' making that do the same work, each started as a process of its own."""
