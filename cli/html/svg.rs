//! Pictures in SVG: as little of it as the report needs. Colours come from classes, so that they follow the reader's scheme.
use std::fmt::Write;

/// A picture that grows as things are drawn on it.
#[derive(Debug)]
pub struct Picture {
    width: f64,
    height: f64,
    label: String,
    body: String,
}

/// The sides of a text that its place is at.
#[derive(Clone, Copy, Debug)]
pub enum Anchor {
    Start,
    Middle,
    End,
}

/// The shape of a mark.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    Circle,
    Square,
    Diamond,
    Triangle,
    Cross,
}

impl Picture {
    /// An empty one; `label` is read to those who cannot see it.
    pub fn new(width: f64, height: f64, label: &str) -> Self {
        Self { width, height, label: escaped(label), body: String::new() }
    }

    /// A line from one place to another.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.path(class, &[from, to], "");
    }

    /// A line through all these places, with a text that shows when it is pointed at.
    pub fn path(&mut self, class: &str, places: &[(f64, f64)], title: &str) {
        let steps =
            places.iter().enumerate().map(|(k, (x, y))| format!("{}{x:.1} {y:.1}", if k == 0 { "M" } else { "L" }));
        let steps: String = steps.collect();
        self.push(&format!("<path class=\"{class}\" d=\"{steps}\""), title, "path");
    }

    /// A filled rectangle.
    pub fn bar(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64), title: &str) {
        let rect =
            format!("<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{height:.1}\"");
        self.push(&rect, title, "rect");
    }

    /// A mark, so many times the usual size.
    pub fn mark(&mut self, class: &str, shape: Shape, size: f64, at: (f64, f64), title: &str) {
        let mark = format!(
            "<path class=\"mark {class}\" d=\"{}\" transform=\"translate({:.1} {:.1}) scale({size})\"",
            shape.outline(),
            at.0,
            at.1
        );
        self.push(&mark, title, "path");
    }

    /// A text.
    pub fn text(&mut self, class: &str, anchor: Anchor, at: (f64, f64), text: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y) = at;
        let text = escaped(text);
        let _ = write!(
            self.body,
            "<text class=\"{class}\" text-anchor=\"{anchor}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
        );
    }

    /// A text turned a quarter to the left.
    pub fn upwards(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let text = escaped(text);
        let turn = format!("transform=\"translate({x:.1} {y:.1}) rotate(-90)\"");
        let _ = write!(self.body, "<text class=\"{class}\" text-anchor=\"middle\" {turn}>{text}</text>");
    }

    fn push(&mut self, element: &str, title: &str, name: &str) {
        let _ = match title {
            "" => write!(self.body, "{element}/>"),
            _ => write!(self.body, "{element}><title>{}</title></{name}>", escaped(title)),
        };
    }

    /// The whole picture.
    pub fn finish(self) -> String {
        let Self { width, height, label, body } = self;
        format!("<svg viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"{label}\">{body}</svg>")
    }
}

impl Shape {
    /// Around the origin.
    pub fn outline(self) -> &'static str {
        match self {
            Self::Circle => "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
            Self::Square => "M-3.6-3.6h7.2v7.2h-7.2z",
            Self::Diamond => "M0-5.2L5.2 0L0 5.2L-5.2 0z",
            Self::Triangle => "M0-4.8L4.8 3.8H-4.8z",
            Self::Cross => "M-1.3-4.5h2.6v3.2h3.2v2.6h-3.2v3.2h-2.6v-3.2h-3.2v-2.6h3.2z",
        }
    }
}

/// Text as XML has it.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// How numbers lie along an axis.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    logarithmic: bool,
    numbers: (f64, f64),
    places: (f64, f64),
}

impl Scale {
    /// Equal steps for equal differences.
    pub fn linear(numbers: (f64, f64), places: (f64, f64)) -> Self {
        Self { logarithmic: false, numbers, places }
    }

    /// Equal steps for equal quotients.
    pub fn logarithmic(numbers: (f64, f64), places: (f64, f64)) -> Self {
        Self { logarithmic: true, numbers, places }
    }

    /// The place of a number, or the nearest that there is.
    pub fn at(&self, number: f64) -> f64 {
        let along = |x: f64| if self.logarithmic { x.ln() } else { x };
        let (from, to) = self.numbers;
        let part = (along(number) - along(from)) / (along(to) - along(from));
        self.places.0 + (self.places.1 - self.places.0) * part.clamp(0.0, 1.0)
    }

    /// Whether a number lies on the axis.
    pub fn holds(&self, number: f64) -> bool {
        (self.numbers.0..=self.numbers.1).contains(&number)
    }

    /// The first and the last number.
    pub fn ends(&self) -> (f64, f64) {
        self.numbers
    }

    /// Round numbers along the axis, about so many: 1, 2 and 5 times powers of ten, or these powers alone.
    pub fn ticks(&self, about: usize) -> Vec<f64> {
        let (from, to) = self.numbers;
        let within = |ticks: Vec<f64>| ticks.into_iter().filter(|x| self.holds(*x)).collect::<Vec<f64>>();
        if self.logarithmic {
            let tens = || (from.log10().floor() as i32..=to.log10().ceil() as i32).map(|e| 10f64.powi(e));
            let fine = within(tens().flat_map(|ten| [ten, 2.0 * ten, 5.0 * ten]).collect());
            let three = within(tens().flat_map(|ten| [ten, 3.0 * ten]).collect());
            let coarse = within(tens().collect());
            [fine, three].into_iter().find(|ticks| ticks.len() <= about).unwrap_or(coarse)
        } else {
            let rough = (to - from) / about as f64;
            let ten = 10f64.powf(rough.log10().floor());
            let step = [1.0, 2.0, 5.0, 10.0].map(|k| k * ten).into_iter().find(|&step| step >= rough).unwrap_or(ten);
            let first = (from / step).ceil() as i64;
            within((first..first + 2 * about as i64).map(|k| k as f64 * step).collect())
        }
    }
}

/// The smallest and the greatest of some numbers, with a margin as a factor.
pub fn range(numbers: impl IntoIterator<Item = f64>, margin: f64) -> (f64, f64) {
    let (least, most) = numbers
        .into_iter()
        .filter(|x| x.is_finite() && *x > 0.0)
        .fold((f64::INFINITY, 0f64), |(least, most), x| (least.min(x), most.max(x)));
    if least <= most { (least / margin, most * margin) } else { (0.1, 1.0) }
}

/// A number in as many digits as an axis needs.
pub fn short(x: f64) -> String {
    let text = format!("{x:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "0" && x != 0.0 { format!("{x:.0e}") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lie_on_their_scale() {
        let scale = Scale::logarithmic((1.0, 100.0), (0.0, 200.0));
        assert_eq!([1.0, 10.0, 100.0, 1000.0].map(|x| scale.at(x).round()), [0.0, 100.0, 200.0, 200.0]);
        let scale = Scale::linear((0.0, 4.0), (100.0, 0.0));
        assert_eq!([0.0, 1.0, 4.0].map(|x| scale.at(x)), [100.0, 75.0, 0.0]);
    }

    #[test]
    fn ticks_are_round_and_few() {
        let ticks = |from, to, about| Scale::logarithmic((from, to), (0.0, 1.0)).ticks(about);
        assert_eq!(ticks(0.9, 11.0, 6), [1.0, 2.0, 5.0, 10.0]);
        assert_eq!(ticks(0.9, 2000.0, 4), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(Scale::linear((0.0, 2.2), (0.0, 1.0)).ticks(5), [0.0, 0.5, 1.0, 1.5, 2.0]);
    }

    #[test]
    fn a_picture_is_well_formed() {
        let mut picture = Picture::new(10.0, 20.0, "a < b");
        picture.mark("m", Shape::Circle, 1.0, (1.0, 2.0), "\"x\"");
        picture.path("p", &[(0.0, 0.0), (1.0, 1.0)], "");
        let text = picture.finish();
        assert!(text.starts_with("<svg viewBox=\"0 0 10 20\" role=\"img\" aria-label=\"a &lt; b\">"), "{text}");
        assert!(
            text.contains("<title>&quot;x&quot;</title></path><path class=\"p\" d=\"M0.0 0.0L1.0 1.0\"/>"),
            "{text}"
        );
    }

    #[test]
    fn short_numbers() {
        assert_eq!([0.05, 0.1, 1.0, 250.0, 2.5].map(short), ["0.05", "0.1", "1", "250", "2.5"]);
    }
}
