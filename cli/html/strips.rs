//! One strip for each op: classes of input along time, and variants along error.
use super::frame::{key, line_key, variant};
use super::svg::{Anchor, Picture, Scale, Shape, short};
use crate::comparison::{Comparison, Inputs};
use crate::story::times;

const WIDTH: f64 = 560.0;
const LEFT: f64 = 82.0;
const TOP: f64 = 8.0;

/// What each class of input costs.
pub fn inputs(comparison: &Comparison) -> Option<String> {
    let all: Vec<&Inputs> = comparison.inputs.iter().filter(|inputs| inputs.times().is_some()).collect();
    let most = all.iter().filter_map(|inputs| inputs.times()).reduce(f64::max)?;
    let mut strips = Strips::new(
        "how many times the fastest class of input each class takes",
        all.len(),
        (1.0, (1.12 * most).max(2.2)),
        "time of a class over the fastest class",
    );
    for inputs in all {
        let y = strips.next(&format!("{} {}", inputs.op, inputs.dtype));
        let Some((slow, fast)) = inputs.extremes() else { continue };
        for class in &inputs.classes {
            let x = class.ns.median / fast.ns.median;
            let style = match class.name {
                name if name == slow.name => "c-orange",
                "ordinary" => "c-blue",
                _ => "c-grey hollow",
            };
            let shape = if class.name == slow.name { Shape::Diamond } else { Shape::Circle };
            let title = format!(
                "{} {}, {}: {} times, {:.3} ns/element",
                inputs.op,
                inputs.dtype,
                class.name,
                times(x),
                class.ns.median
            );
            strips.picture.mark(style, shape, 1.0, (strips.x.at(x), y), &title);
        }
        let (end, name) = (strips.x.at(slow.ns.median / fast.ns.median), slow.name);
        // To the left of the mark where the right is too near.
        let (anchor, at) = if end > WIDTH - 90.0 { (Anchor::End, end - 9.0) } else { (Anchor::Start, end + 9.0) };
        strips.picture.text("note strong", anchor, (at, y - 7.0), name);
    }
    Some(strips.picture.finish())
}

/// What the marks of classes stand for.
pub fn inputs_legend() -> String {
    let of = [
        ("c-blue", Shape::Circle, "ordinary"),
        ("c-orange", Shape::Diamond, "the slowest"),
        ("c-grey hollow", Shape::Circle, "the others"),
    ];
    of.map(|(class, shape, name)| key(class, shape, name)).concat()
}

/// The largest errors.
pub fn errors(comparison: &Comparison) -> Option<String> {
    let errors = &comparison.profile.as_ref()?.errors;
    let mut names: Vec<(&str, &str)> = errors.iter().map(|of| (of.op, of.dtype)).collect();
    names.sort_by_key(|&(op, _)| errors.iter().position(|of| of.op == op));
    names.dedup();
    let mut strips =
        Strips::new("the largest errors found, and the bounds", names.len(), (0.3, 1.1), "largest error found, ulp");
    for (op, dtype) in names {
        let y = strips.next(&format!("{op} {dtype}"));
        let here = || errors.iter().filter(|of| (of.op, of.dtype) == (op, dtype));
        for of in here() {
            let (class, shape) = variant(of.variant);
            let x = strips.x.at(of.judged.ulp);
            if let Some(bound) = of.bound {
                let at = strips.x.at(bound);
                strips.picture.path(
                    &format!("bound {class}"),
                    &[(at, y - 10.0), (at, y + 10.0)],
                    &format!("{op} {dtype}, {}: at most {bound} ulp", of.variant),
                );
            }
            strips.picture.mark(
                class,
                shape,
                0.9,
                (x, y),
                &format!("{op} {dtype}, {}: {:.4} ulp", of.variant, of.judged.ulp),
            );
        }
    }
    Some(strips.picture.finish())
}

/// What the marks of errors stand for.
pub fn errors_legend(comparison: &Comparison) -> String {
    let names = ["std"].iter().chain(&comparison.provenance.isas);
    let keys = names.map(|name| key(variant(name).0, variant(name).1, name));
    keys.chain([line_key("bound", "the bound that is promised")]).collect()
}

/// Strips one below the other, on a common axis.
struct Strips {
    picture: Picture,
    x: Scale,
    drawn: usize,
}

impl Strips {
    const ROW: f64 = 30.0;

    fn new(label: &str, count: usize, numbers: (f64, f64), name: &str) -> Self {
        let bottom = TOP + Self::ROW * count as f64 + 6.0;
        let mut picture = Picture::new(WIDTH, bottom + 40.0, label);
        let x = Scale::linear(numbers, (LEFT, WIDTH - 14.0));
        for tick in x.ticks(7) {
            picture.line("grid", (x.at(tick), TOP), (x.at(tick), bottom));
            picture.text("tick", Anchor::Middle, (x.at(tick), bottom + 15.0), &short(tick));
        }
        picture.text("name", Anchor::Middle, ((LEFT + WIDTH) / 2.0, bottom + 34.0), name);
        Self { picture, x, drawn: 0 }
    }

    /// The height of the next strip, which gets a name.
    fn next(&mut self, name: &str) -> f64 {
        let y = TOP + Self::ROW * self.drawn as f64 + 18.0;
        self.drawn += 1;
        self.picture.text("label", Anchor::End, (LEFT - 7.0, y + 4.0), name);
        self.picture.line("strip", (LEFT, y), (WIDTH - 14.0, y));
        y
    }
}
