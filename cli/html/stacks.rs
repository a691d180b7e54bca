//! What lanes give and what threads give, end to end: on a logarithmic axis, lengths add up where factors multiply.
use super::frame::line_key;
use super::svg::{Anchor, Picture, Scale, range, short};
use crate::comparison::{Comparison, Section};
use crate::story::times;

const WIDTH: f64 = 560.0;
const LEFT: f64 = 82.0;
const ROW: f64 = 27.0;
const TOP: f64 = 26.0;

/// One picture in cache, one far beyond.
pub fn pictures(comparison: &Comparison) -> Vec<String> {
    let all: Vec<&Section> = comparison.sections.iter().filter(|section| section.stack.is_some()).collect();
    let most = range(all.iter().filter_map(|section| Some(section.stack?.both.max(section.stack?.product()))), 1.0).1;
    let place = |in_cache| {
        let sections: Vec<&Section> = all.iter().copied().filter(|section| section.in_cache == in_cache).collect();
        let title = if in_cache { "In cache" } else { "Far beyond the caches" };
        (!sections.is_empty()).then(|| picture(title, &sections, most, comparison.provenance.threads))
    };
    [true, false].into_iter().filter_map(place).collect()
}

fn picture(title: &str, sections: &[&Section], most: f64, threads: usize) -> String {
    let height = TOP + ROW * sections.len() as f64 + 44.0;
    let bottom = height - 40.0;
    let mut picture =
        Picture::new(WIDTH, height, &format!("{title}: how many times as fast as std, by lanes and by threads"));
    let x = Scale::logarithmic((0.8, (most * 1.45).max(4.0)), (LEFT, WIDTH - 10.0));
    picture.text("title", Anchor::Start, (LEFT, 14.0), title);
    for tick in x.ticks(8) {
        let at = x.at(tick);
        picture.line(if tick == 1.0 { "axis" } else { "grid" }, (at, TOP), (at, bottom));
        picture.text("tick", Anchor::Middle, (at, bottom + 15.0), &short(tick));
    }
    picture.text("name", Anchor::Middle, ((LEFT + WIDTH) / 2.0, height - 6.0), "times as fast as std on one thread");
    for (k, section) in sections.iter().enumerate() {
        let Some(stack) = section.stack else { continue };
        let y = TOP + ROW * k as f64 + 4.0;
        let name = format!("{} {}", section.op, section.dtype);
        picture.text("label", Anchor::End, (LEFT - 7.0, y + 14.0), &name);
        let mut bar = |class: &str, from: f64, to: f64, what: &str| {
            let (a, b) = (x.at(from), x.at(to.max(from)));
            picture.bar(
                class,
                (a, y),
                ((b - a).max(0.5), 19.0),
                &format!("{name}, {what}: {} times", times(to / from)),
            );
            if b - a > 34.0 {
                picture.text("on-bar", Anchor::Middle, ((a + b) / 2.0, y + 14.0), &times(to / from));
            }
        };
        bar("lanes", 1.0, stack.lanes, "lanes");
        bar("threads", stack.lanes, stack.both, &format!("{threads} threads on top"));
        let product = x.at(stack.product());
        picture.path(
            "product",
            &[(product, y - 2.0), (product, y + 21.0)],
            &format!("{name}: if neither were in the other's way, {} times", times(stack.product())),
        );
        let end = x.at(stack.both.max(stack.lanes).max(stack.product()));
        picture.text(
            "label strong",
            Anchor::Start,
            (end + 6.0, y + 14.0),
            &format!("{}{}", if stack.noisy { "~" } else { "" }, times(stack.both)),
        );
    }
    picture.finish()
}

/// What the bars stand for.
pub fn legend(threads: usize) -> String {
    let bar = |class: &str, name: &str| {
        let mut picture = Picture::new(16.0, 14.0, name);
        picture.bar(class, (0.0, 1.0), (16.0, 12.0), "");
        format!("<li>{}{name}</li>", picture.finish())
    };
    let product = line_key("product", "the product, if neither were in the other's way");
    format!(
        "{}{}{product}",
        bar("lanes", "lanes, on one thread"),
        bar("threads", &format!("{threads} threads on top of them"))
    )
}
