//! Finds the system's SLEEF.

fn main() {
    // Earlier ones lack the functions of AVX-512 without FMA, and have others under other names.
    match pkg_config::Config::new().atleast_version("3.5").probe("sleef") {
        Ok(library) => println!("cargo::rustc-env=SLEEF_SYS_VERSION={}", library.version),
        Err(why) => {
            println!(
                "cargo::error=SLEEF 3.5 or later was not found: `apt-get install libsleef-dev` installs it on Debian"
            );
            for line in why.to_string().lines().filter(|line| !line.is_empty()) {
                println!("cargo::error={line}");
            }
        }
    }
}
