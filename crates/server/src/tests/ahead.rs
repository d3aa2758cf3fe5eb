use super::*;

const BEFORE: &str =
    "# Parcels\n\nPack the parcel well. Print the label. Hand it over within two days.\n";
const AFTER: &str =
    "# Parcels\n\nPack the parcel well. Print the label. Hand it over within three days.\n";

#[test]
fn statements_are_read_ahead_once_and_those_of_an_edit_alone() {
    let engine = engine_of(&[("en/parcels.md", BEFORE)]);
    assert_eq!(engine.read_ahead(&|| false).unwrap(), 0);
    assert_eq!(engine.read_ahead(&|| true).unwrap(), 3);
    assert_eq!(engine.read_ahead(&|| true).unwrap(), 0);

    let edited = engine_of(&[("en/parcels.md", AFTER)]);
    edited.take_over(&engine);
    assert_eq!(edited.read_ahead(&|| true).unwrap(), 1);
}

#[tokio::test]
async fn a_service_takes_over_what_the_engine_before_read() {
    let engine = engine_of(&[("en/parcels.md", BEFORE)]);
    assert_eq!(engine.read_ahead(&|| true).unwrap(), 3);
    let loader = TestLoader::new(Some(engine));
    let state = state_of(
        Arc::clone(&loader) as Arc<TestLoader>,
        ServerConfig::default(),
    );
    state.reload().await.unwrap();
    let edited = engine_of(&[("en/parcels.md", BEFORE), ("en/more.md", AFTER)]);
    loader.put("next", Some(Arc::clone(&edited)));
    assert!(state.reload().await.unwrap().changed);
    // The thread that reads ahead may have read the new one meanwhile; the three from before need nobody.
    assert!(edited.read_ahead(&|| true).unwrap() <= 1);
}
