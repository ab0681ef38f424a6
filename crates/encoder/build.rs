//! Lets this crate's tests and examples find libtorch without LD_LIBRARY_PATH: the folder goes into their rpath.

fn main() {
    println!("cargo:rerun-if-env-changed=LIBTORCH");
    println!("cargo:rerun-if-env-changed=LIBTORCH_LIB");
    let root = std::env::var_os("LIBTORCH_LIB").or_else(|| std::env::var_os("LIBTORCH"));
    if let Some(root) = root {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{}", std::path::Path::new(&root).join("lib").display());
    }
}
