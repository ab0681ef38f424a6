//! Compiles the C++ shim against the libtorch that torch-sys found.
//!
//! torch-sys tells us where its libraries lie (`DEP_TCH_LIBTORCH_LIB`), so both crates always use the same libtorch.

use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-changed=cpp/shim.cpp");
    println!("cargo:rerun-if-env-changed=LIBTORCH_INCLUDE");
    println!("cargo:rerun-if-env-changed=LIBTORCH_CXX11_ABI");
    let lib = libtorch_lib();
    let include = include_dir(&lib);
    let abi = std::env::var("LIBTORCH_CXX11_ABI").unwrap_or_else(|_| "1".to_owned());
    cc::Build::new()
        .cpp(true)
        .pic(true)
        .std("c++17")
        .include(&include)
        .include(include.join("torch/csrc/api/include"))
        .define("_GLIBCXX_USE_CXX11_ABI", abi.as_str())
        // The headers are libtorch's own, not ours to mend.
        .flag_if_supported("-Wno-unused-parameter")
        .file("cpp/shim.cpp")
        .compile("gpu_bridge_torch_ext");
    // A test binary of this crate finds libtorch without LD_LIBRARY_PATH; other crates set their own.
    println!("cargo:rustc-link-arg=-Wl,-rpath,{}", lib.display());
}

fn libtorch_lib() -> PathBuf {
    std::env::var_os("DEP_TCH_LIBTORCH_LIB").map(PathBuf::from).unwrap_or_else(|| {
        panic!(
            "torch-sys did not say where libtorch lies. Set LIBTORCH to the folder that holds libtorch's \
             include and lib folders, or run `npm run setup`, and build again."
        )
    })
}

fn include_dir(lib: &std::path::Path) -> PathBuf {
    let root = std::env::var_os("LIBTORCH_INCLUDE").map(PathBuf::from);
    root.or_else(|| lib.parent().map(PathBuf::from)).unwrap_or_default().join("include")
}
