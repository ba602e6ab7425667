//! How much memory training needs, and how it keeps what one step frees mapped for the next.

/// Tells glibc's allocator to serve large buffers from its heap and not to give memory back to the system. A training step
/// frees and takes the same hundreds of megabytes again, and otherwise spends up to a third of its time on page faults.
/// Does nothing on other systems.
pub fn keep_memory_mapped() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: mallopt only sets parameters of the allocator, and takes its own lock.
    unsafe {
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
    }
}

/// The most memory that this process has had at once, in MB; none where the system does not tell.
pub fn peak_megabytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kibibytes * 1024 / 1_000_000)
}
