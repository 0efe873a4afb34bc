//! The embedder's page: its program runs, and every snippet of the page is a part of it, or of a test.

#[expect(dead_code, reason = "its main starts an origin of its own")]
#[path = "../../crates/appnet/examples/three_apps.rs"]
mod three_apps;

use appnet::Policy;
use appnet_testkit::Flaw;

use crate::world::{HOST, World};

const PAGE: &str = include_str!("../../docs/embedding.md");
const PROGRAM: &str = include_str!("../../crates/appnet/examples/three_apps.rs");
const TEST: &str = include_str!("clock.rs");

#[tokio::test]
async fn the_program_of_the_page_does_what_it_says() {
    let world = World::with(Policy::seed(), |ca| ca.issue(&[HOST]));
    let folder = tempfile::tempdir().unwrap();
    let server = format!("{HOST}:{}", world.origin.port());
    let client = world
        .ca
        .issue_flawed(&["host.example.com"], Flaw::ForClients);
    let (certificate, key) = (client.chain_pem(), client.key_pem());
    let own = [certificate.as_str(), key.as_str()];
    let mut done = three_apps::three_apps(&server, &world.ca.pem(), own, folder.path())
        .await
        .unwrap();
    done.sort(); // records of different calls come on different threads
    assert_eq!(
        done,
        [
            "wx1 request 200",
            "wx1 request interrupted",
            "wx1 request url not in domain list",
            "wx1 request url not in domain list",
            "wx2 downloadFile 200",
            "wx2 request url not in domain list",
            "wx3 request 200",
        ]
    );
}

#[test]
fn every_snippet_of_the_page_is_a_part_of_a_program_that_runs() {
    // A formatter may break lines differently in a page and in a program.
    let flat = |text: &str| text.split_whitespace().collect::<String>();
    let programs = [PROGRAM, TEST].map(flat);
    let mut snippets = 0;
    for block in PAGE.split("```rust\n").skip(1) {
        let snippet = block.split("```").next().unwrap();
        let flat = flat(snippet);
        let part = programs.iter().any(|program| program.contains(&flat));
        assert!(part, "no such part:\n{snippet}");
        snippets += 1;
    }
    assert!(
        snippets >= 10,
        "the page has its snippets in fences of rust"
    );
}
