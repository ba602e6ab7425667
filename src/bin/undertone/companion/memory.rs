//! What the allocator is told, which is for the whole process and so for its program to decide.

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
