//! Axes to draw in, and what variants and ops look like: a colour and a shape or a dash, so that neither is needed to tell
//! them apart.
use super::svg::{Anchor, Picture, Scale, Shape, short};
use crate::sizes::binary;

/// A picture with axes.
#[derive(Debug)]
pub struct Frame {
    pub picture: Picture,
    pub x: Scale,
    pub y: Scale,
}

/// Room for the numbers and the name of an axis.
const LEFT: f64 = 46.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 26.0;
const BOTTOM: f64 = 42.0;

/// One axis: its numbers, and what they are.
#[derive(Debug)]
pub struct Axis<'a> {
    pub name: &'a str,
    pub numbers: (f64, f64),
    pub logarithmic: bool,
    /// Whether numbers are bytes.
    pub bytes: bool,
    /// Whether numbers are whole.
    pub whole: bool,
}

impl Axis<'_> {
    fn scale(&self, places: (f64, f64)) -> Scale {
        let scale = if self.logarithmic { Scale::logarithmic } else { Scale::linear };
        scale(self.numbers, places)
    }

    fn ticks(&self, scale: &Scale, about: usize) -> Vec<(f64, String)> {
        if !self.bytes {
            let ticks = scale.ticks(about).into_iter().filter(|x| !self.whole || x.fract() == 0.0);
            return ticks.map(|x| (x, short(x))).collect();
        }
        let powers = (0..50).step_by(4).map(|exponent| (2 << exponent) / 2).filter(|&x: &u64| scale.holds(x as f64));
        let name = |bytes: u64| binary(bytes).replace("iB", "").replace(' ', "\u{202f}");
        powers.map(|bytes| (bytes as f64, name(bytes))).collect()
    }
}

impl Frame {
    /// An empty one, with its axes.
    pub fn new(title: &str, label: &str, (width, height): (f64, f64), x: &Axis<'_>, y: &Axis<'_>) -> Self {
        let mut picture = Picture::new(width, height, &format!("{title}: {label}"));
        let (right, bottom) = (width - RIGHT, height - BOTTOM);
        let scales = (x.scale((LEFT, right)), y.scale((bottom, TOP)));
        picture.text("title", Anchor::Start, (LEFT, 14.0), title);
        for (number, name) in x.ticks(&scales.0, 8) {
            let at = scales.0.at(number);
            picture.line("grid", (at, TOP), (at, bottom));
            picture.text("tick", Anchor::Middle, (at, bottom + 15.0), &name);
        }
        for (number, name) in y.ticks(&scales.1, 8) {
            let at = scales.1.at(number);
            picture.line("grid", (LEFT, at), (right, at));
            picture.text("tick", Anchor::End, (LEFT - 5.0, at + 4.0), &name);
        }
        picture.line("axis", (LEFT, bottom), (right, bottom));
        picture.text("name", Anchor::Middle, ((LEFT + right) / 2.0, height - 8.0), x.name);
        picture.upwards("name", (11.0, (TOP + bottom) / 2.0), y.name);
        Self { picture, x: scales.0, y: scales.1 }
    }

    /// The place of two numbers.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// A line through points; each is told when it is pointed at, if `marked`.
    pub fn curve(&mut self, class: &str, points: &[(f64, f64)], title: &str) {
        let places: Vec<(f64, f64)> = points.iter().map(|&(x, y)| self.at(x, y)).collect();
        self.picture.path(&format!("curve {class}"), &places, title);
    }
}

/// What a variant looks like.
pub fn variant(name: &str) -> (&'static str, Shape) {
    match name {
        "std" => ("c-grey", Shape::Cross),
        "scalar" => ("c-purple", Shape::Triangle),
        "portable" => ("c-orange", Shape::Diamond),
        "avx2" => ("c-green", Shape::Square),
        _ => ("c-blue", Shape::Circle),
    }
}

/// What an op looks like: the n-th.
pub fn op(n: usize) -> (&'static str, Shape) {
    let all = [
        ("c-blue", Shape::Circle),
        ("c-green", Shape::Square),
        ("c-orange", Shape::Diamond),
        ("c-purple", Shape::Triangle),
        ("c-grey", Shape::Cross),
    ];
    all[n % all.len()]
}

/// One entry of a legend: a mark and what it stands for.
pub fn key(class: &str, shape: Shape, name: &str) -> String {
    let mut picture = Picture::new(14.0, 14.0, name);
    picture.mark(class, shape, 1.1, (7.0, 7.0), "");
    format!("<li>{}{}</li>", picture.finish(), super::svg::escaped(name))
}

/// One entry of a legend: a line and what it stands for.
pub fn line_key(class: &str, name: &str) -> String {
    let mut picture = Picture::new(26.0, 14.0, name);
    picture.line(&format!("curve {class}"), (1.0, 7.0), (25.0, 7.0));
    format!("<li>{}{}</li>", picture.finish(), super::svg::escaped(name))
}
