//! Tells the binary where to look for libtorch: beside itself as it is shipped, and where it was built against.

use std::env;

/// Where a package may put libtorch, seen from the binary.
const BESIDE: [&str; 3] = ["$ORIGIN", "$ORIGIN/lib", "$ORIGIN/../lib"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rerun-if-env-changed=GPU_SERVICE_PORTABLE");
    for folder in BESIDE {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{folder}");
    }
    // What is shipped must not look where the builder's libtorch lay.
    if env::var_os("GPU_SERVICE_PORTABLE").is_none()
        && let Ok(libtorch) = env::var("LIBTORCH")
    {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{libtorch}/lib");
    }
}
