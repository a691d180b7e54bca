//! SQL over a Parquet file that the example makes: lanestack's functions beside those that the query engine has.
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float32Array, Float64Array, RecordBatch};
use datafusion::common::Result;
use datafusion::dataframe::DataFrameWriteOptions;
use datafusion::prelude::{ParquetReadOptions, SessionContext};

#[tokio::main]
async fn main() -> Result<()> {
    let path = std::env::temp_dir().join(format!("lanestack-{}.parquet", std::process::id()));
    let path = path.to_string_lossy().into_owned();
    let shown = show(&path).await;
    std::fs::remove_file(&path)?;
    shown
}

async fn show(path: &str) -> Result<()> {
    let mut context = SessionContext::new();
    lanestack_datafusion::register(&mut context)?;

    // A million rows; every tenth is null.
    let numbers = || (0..1_000_000).map(|k| (k % 10 > 0).then_some(k));
    let d: Float64Array = numbers().map(|k| k.map(|k| f64::from(k) * 1e-4)).collect();
    let r: Float32Array = numbers().map(|k| k.map(|k| k as f32 * 5e-5)).collect();
    let rows = RecordBatch::try_from_iter([("d", Arc::new(d) as ArrayRef), ("r", Arc::new(r))])?;
    context.read_batch(rows)?.write_parquet(path, DataFrameWriteOptions::new(), None).await?;

    context.register_parquet("t", path, ParquetReadOptions::default()).await?;
    for sql in [
        "SELECT count(*) AS rows, count(lanestack_exp(d)) AS results,
                max(abs(lanestack_exp(d) / exp(d) - 1)) AS exp,
                max(abs(lanestack_log(d + 1) - ln(d + 1))) AS log,
                max(abs(lanestack_sqrt(d) - sqrt(d))) AS sqrt,
                max(abs(lanestack_square(d) - d * d)) AS square
         FROM t",
        "SELECT max(abs(lanestack_exp(r) / exp(r) - 1)) AS exp_f32,
                max(abs(lanestack_log(r + 1) - ln(r + 1))) AS log_f32
         FROM t",
        "SELECT round(d / 20) AS bin, avg(lanestack_apply(d, 'square,affine(0.5,1),log')) AS ours,
                avg(ln(d * d * 0.5 + 1)) AS theirs
         FROM t WHERE lanestack_sqrt(d) > 2 GROUP BY bin ORDER BY bin",
    ] {
        context.sql(sql).await?.show().await?;
    }
    Ok(())
}
