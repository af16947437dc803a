//! Random bytes of the operating system, for the coins of a batch: nobody may know them before archive and hints are read.

/// The buffer is full of fresh random bytes. Fails where the system gives none.
#[cfg(unix)]
pub fn fill(buffer: &mut [u8]) -> std::io::Result<()> {
    use std::io::Read;
    std::fs::File::open("/dev/urandom")?.read_exact(buffer)
}

/// The buffer is full of fresh random bytes. Fails where the system gives none.
#[cfg(windows)]
pub fn fill(buffer: &mut [u8]) -> std::io::Result<()> {
    #[link(name = "bcrypt")]
    extern "system" {
        fn BCryptGenRandom(algorithm: *mut std::ffi::c_void, buffer: *mut u8, size: u32, flags: u32) -> i32;
    }
    const PREFERRED: u32 = 2;
    for part in buffer.chunks_mut(1 << 20) {
        // SAFETY: pointer and size are those of one slice.
        let status = unsafe { BCryptGenRandom(std::ptr::null_mut(), part.as_mut_ptr(), part.len() as u32, PREFERRED) };
        if status != 0 {
            return Err(std::io::Error::other("BCryptGenRandom failed"));
        }
    }
    Ok(())
}

/// There is no known source on this platform: batches are then left to one-by-one verification.
#[cfg(not(any(unix, windows)))]
pub fn fill(_: &mut [u8]) -> std::io::Result<()> {
    Err(std::io::Error::other("no source of random bytes is known here"))
}
