//! More elements than a 32-bit number counts. Run it with `--ignored`.
use lanestack::{Engine, Op, Threads};

#[test]
#[ignore = "needs 9 GB of memory"]
fn square_of_more_than_2_31_elements() {
    const LEN: usize = (1 << 31) + 17;
    const PERIOD: usize = 4093; // a prime, and squares below it are exact
    let engine = Engine::builder().threads(Threads::Auto).build().expect("an engine");
    let mut data: Vec<f32> = Vec::with_capacity(LEN);
    data.extend((0..LEN).map(|i| (i % PERIOD) as f32));
    engine.run_in_place(Op::Square, &mut data);
    let want = |i: usize| ((i % PERIOD) * (i % PERIOD)) as f32;
    for i in [0, 1, (1 << 30) + 1, (1 << 31) - 1, 1 << 31, (1 << 31) + 1, LEN - 1] {
        assert_eq!(data[i], want(i), "element {i}");
    }
    for (i, y) in data.iter().enumerate() {
        assert!(*y == want(i), "element {i}: {y}");
    }
}
