//! The shortest program: `cargo run --release --example hello`.
fn main() {
    let x: Vec<f64> = (0..10).map(f64::from).collect();
    let y = lanestack::exp(&x);
    for (x, y) in x.iter().zip(&y) {
        println!("exp({x}) = {y}");
    }
    println!("computed with {}", lanestack::Engine::global().isa());
}
