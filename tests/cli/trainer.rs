use model_registry::{Number, Registration, Result, Store, Timestamp};

fn register_run(run_id: &str, val_mae: f64, now: Timestamp) -> Result<()> {
    let trained = Registration {
        run_id: Some(run_id.into()),
        artifact_path: format!("artifacts/minutes_v1/runs/{run_id}/model.txt"),
        metrics: vec![("val_mae".into(), Some(Number::from(val_mae)))],
        ..Registration::default()
    };
    let store = Store::new("artifacts/registry/manifest.json");
    store.update(|manifest| manifest.register("minutes_v1_lgbm", &trained, now)).map(drop)
}
