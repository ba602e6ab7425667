//! How much memory training needs.

/// The most memory that this process has had at once, in MB; none where the system does not tell.
pub fn peak_megabytes() -> Option<u64> {
    status("VmHWM:")
}

/// The memory that this process has now, in MB; none where the system does not tell.
pub fn resident_megabytes() -> Option<u64> {
    status("VmRSS:")
}

fn status(name: &str) -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024 / 1_000_000)
}
