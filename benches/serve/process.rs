//! What the system says of a process: the processor's time and memory that it has had.

use std::fs;

use crate::Result;

/// How many of its ticks the system counts in a second: 100 wherever Linux runs.
const TICKS: f64 = 100.0;

/// How many seconds of a core a process has had so far.
pub fn seconds(process: u32) -> Result<f64> {
    Ok(ticks(&process.to_string(), [14, 15])? / TICKS)
}

/// How many seconds of a core those have had that this process has started, and that have ended.
pub fn seconds_of_ended() -> Result<f64> {
    Ok(ticks("self", [16, 17])? / TICKS)
}

/// The sum of fields of /proc/PID/stat, counted from 1 as proc(5) does.
fn ticks(process: &str, fields: [usize; 2]) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))
        .map_err(|error| format!("/proc has nothing of the process {process}, and this bench needs Linux: {error}"))?;
    // The second field is a name in brackets, in which there may be spaces.
    let behind: Vec<&str> = stat.rsplit_once(") ").ok_or("/proc is none of Linux's")?.1.split(' ').collect();
    fields.iter().map(|field| Ok(behind[field - 3].parse::<f64>()?)).sum()
}

/// How many megabytes of a process are in memory.
pub fn megabytes(process: u32) -> Result<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("the process has ended")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<f64>()? / 1e3)
}
