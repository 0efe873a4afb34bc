//! Bars of what each client does beside the first, as SVG.

use std::{fs, path::Path};

use svg::{
    Document,
    node::element::{Line, Rectangle, Text},
};

use crate::{
    table::Row,
    turn::Failure,
    work::{Task, What, Work},
};

/// Works of one picture, and its name.
const PICTURES: [&str; 4] = ["requests", "bodies", "transfers", "sockets"];

const WIDTH: f64 = 720.0;
/// Where bars begin.
const LEFT: f64 = 170.0;
/// The room of a bar with a ratio of 1.
const ONE: f64 = 250.0;
/// The longest bar: what is longer is cut off, its number tells.
const LONGEST: f64 = 2.0;
const BAR: f64 = 18.0;
const TITLE: f64 = 34.0;

fn picture(work: &Work) -> Option<&'static str> {
    match work.task {
        Task::Http(_, What::Small) => Some("requests"),
        Task::Http(_, What::Json | What::Bytes) => Some("bodies"),
        Task::Http(_, What::Download | What::Upload) => Some("transfers"),
        Task::Socket(_) => Some("sockets"),
        Task::Refused => None, // there is nothing beside it
    }
}

/// Writes a picture for each group of works that were measured.
pub(crate) fn save(directory: &Path, results: &[(&Work, Vec<Row>)]) -> Result<(), Failure> {
    fs::create_dir_all(directory)?;
    for name in PICTURES {
        let works = results
            .iter()
            .filter(|(work, _)| picture(work) == Some(name));
        let works: Vec<_> = works.collect();
        if !works.is_empty() {
            svg::save(directory.join(format!("peers-{name}.svg")), &drawn(&works))?;
        }
    }
    Ok(())
}

fn drawn(works: &[&(&Work, Vec<Row>)]) -> Document {
    let mut document = Document::new()
        .set("font-family", "sans-serif")
        .set("font-size", 12)
        .add(
            Rectangle::new()
                .set("width", "100%")
                .set("height", "100%")
                .set("fill", "white"),
        );
    let mut top = 0.0;
    for (work, rows) in works {
        let title = format!("{}: {}, ratio to {}", work.name, work.about, rows[0].name);
        document = document.add(label(title, 8.0, top + 22.0, "start").set("font-weight", "bold"));
        top += TITLE;
        for row in rows {
            document = bar(document, row, top);
            top += BAR;
        }
        let one = Line::new()
            .set("x1", LEFT + ONE)
            .set("x2", LEFT + ONE)
            .set("y1", top - BAR * rows.len() as f64)
            .set("y2", top)
            .set("stroke", "#333");
        document = document.add(one);
    }
    document.set("viewBox", (0.0, 0.0, WIDTH, top + 8.0))
}

fn bar(document: Document, row: &Row, top: f64) -> Document {
    let length = row.ratio.min(LONGEST) * ONE;
    let colour = match row.name {
        "bus" => "#d1495b",
        "io" => "#edae49",
        _ => "#8d99ae",
    };
    let bar = Rectangle::new()
        .set("x", LEFT)
        .set("y", top + 2.0)
        .set("width", length)
        .set("height", BAR - 4.0)
        .set("fill", colour);
    let ratio = format!("{:.2}", row.ratio);
    document
        .add(label(row.name.to_owned(), LEFT - 8.0, top + 13.0, "end"))
        .add(bar)
        .add(label(ratio, LEFT + length + 6.0, top + 13.0, "start"))
}

fn label(text: String, x: f64, y: f64, anchor: &str) -> Text {
    Text::new(text)
        .set("x", x)
        .set("y", y)
        .set("text-anchor", anchor)
}
