use model_registry::{Registration, Result, Store, Timestamp};

fn register_run(run_id: &str, val_mae: f64, now: Timestamp) -> Result<()> {
    let trained = Registration::new(format!("artifacts/minutes_v1/runs/{run_id}/model.txt"))
        .run_id(run_id)
        .metric("val_mae", val_mae);
    let store = Store::new("artifacts/registry/manifest.json");
    store.update(|manifest| manifest.register("minutes_v1_lgbm", &trained, now)).map(drop)
}
