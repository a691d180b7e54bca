//! SQL over columns of both types, with nulls, beside lanestack itself and the functions that the query engine has.
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float32Array, Float64Array, Int64Array, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Float32Type, Float64Type};
use datafusion::common::Result;
use datafusion::prelude::SessionContext;
use lanestack::{Accuracy, Engine, Op, Pipeline};

/// A table `t` of one partition: `d` is DOUBLE, `r` REAL, `i` whole numbers; each third is null.
fn context() -> Result<SessionContext> {
    let numbers = || (0..10_000).map(|k| (k % 3 > 0).then_some(k));
    let d: Float64Array = numbers().map(|k| k.map(|k| k as f64 * 0.01)).collect();
    let r: Float32Array = numbers().map(|k| k.map(|k| k as f32 * 0.01)).collect();
    let i: Int64Array = numbers().collect();
    let columns = [("d", Arc::new(d) as ArrayRef), ("r", Arc::new(r)), ("i", Arc::new(i))];
    let mut context = SessionContext::new();
    lanestack_datafusion::register(&mut context)?;
    context.register_batch("t", RecordBatch::try_from_iter(columns)?)?;
    Ok(context)
}

/// The only column of a query, in one array.
async fn column(context: &SessionContext, sql: &str) -> Result<ArrayRef> {
    let batches = context.sql(sql).await?.collect().await?;
    let batch = datafusion::arrow::compute::concat_batches(&batches[0].schema(), &batches)?;
    Ok(batch.column(0).clone())
}

#[tokio::test]
async fn ops_as_lanestack() -> Result<()> {
    let context = context()?;
    let engine = Engine::global();
    let double = column(&context, "SELECT d FROM t").await?;
    let single = column(&context, "SELECT r FROM t").await?;
    for &op in Op::ALL {
        for (name, source) in [("d", &double), ("r", &single)] {
            let got = column(&context, &format!("SELECT lanestack_{op}({name}) FROM t")).await?;
            assert_eq!(*got, *engine.run_arrow_dyn(op, source).expect("an array"), "{op}({name})");
            assert_eq!(got.null_count(), 3334);
        }
        let got = column(&context, &format!("SELECT lanestack_{op}(i) FROM t")).await?;
        let want = column(&context, &format!("SELECT lanestack_{op}(CAST(i AS DOUBLE)) FROM t")).await?;
        assert_eq!(*got, *want, "whole numbers");
        let alone = column(&context, &format!("SELECT lanestack_{op}(2)")).await?;
        assert_eq!(alone.as_primitive::<Float64Type>().value(0), engine.run(op, &[2.0])[0]);
        let null = column(&context, &format!("SELECT lanestack_{op}(NULL)")).await?;
        assert!(null.is_null(0) && *null.data_type() == DataType::Float64);
    }
    Ok(())
}

/// Within the errors of both.
#[tokio::test]
async fn ops_as_the_built_in_functions() -> Result<()> {
    let context = context()?;
    for (ours, theirs) in [
        ("lanestack_exp(d)", "exp(d)"),
        ("lanestack_log(d)", "ln(d)"),
        ("lanestack_sqrt(d)", "sqrt(d)"),
        ("lanestack_square(d)", "d * d"),
    ] {
        let far = format!("SELECT count(*) FROM t WHERE abs({ours} - {theirs}) > 3e-16 * abs({theirs})");
        assert_eq!(
            column(&context, &far).await?.as_primitive::<datafusion::arrow::datatypes::Int64Type>().value(0),
            0,
            "{ours}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn pipelines() -> Result<()> {
    let context = context()?;
    let steps = "square,affine(0.1,1),sqrt,log";
    let double = column(&context, "SELECT d FROM t").await?;
    let got = column(&context, &format!("SELECT lanestack_apply(d, '{steps}') FROM t")).await?;
    let pipeline: Pipeline<f64> = steps.parse().expect("steps");
    assert_eq!(*got, Engine::global().pipe_arrow(&pipeline, double.as_primitive::<Float64Type>()));

    let single = column(&context, "SELECT r FROM t").await?;
    let got = column(&context, &format!("SELECT lanestack_apply(r, '{steps}') FROM t")).await?;
    let pipeline: Pipeline<f32> = steps.parse().expect("steps");
    assert_eq!(*got, Engine::global().pipe_arrow(&pipeline, single.as_primitive::<Float32Type>()));

    let got = column(&context, "SELECT lanestack_apply(i, 'offset(1),min(5)') FROM t WHERE i = 2").await?;
    assert_eq!(*got, Float64Array::from(vec![3.0]));

    // In place, and the source is as it was: the table still has it.
    let twice =
        column(&context, "SELECT lanestack_exp(lanestack_apply(lanestack_sqrt(d), 'square,log')) - d FROM t").await?;
    assert!(twice.as_primitive::<Float64Type>().iter().flatten().all(|x| x.abs() < 1e-12));
    assert_eq!(*column(&context, "SELECT d FROM t").await?, *double);
    Ok(())
}

/// What is wrong with the steps is told when the query is planned.
#[tokio::test]
async fn errors() -> Result<()> {
    let context = context()?;
    for (sql, words) in [
        ("SELECT lanestack_apply(d, 'square,lgo') FROM t", "at character 8: no step is named \"lgo\""),
        ("SELECT lanestack_apply(r, 'scale(1e39)') FROM t", "1e39 is beyond the numbers of f32"),
        ("SELECT lanestack_apply(d, CAST(i AS VARCHAR)) FROM t", "the steps must be a constant text"),
        ("SELECT lanestack_apply(d, NULL) FROM t", "the steps must be a constant text"),
        ("SELECT lanestack_apply(d) FROM t", "lanestack_apply"),
    ] {
        let error = context.sql(sql).await.expect_err(sql).to_string();
        assert!(error.contains(words), "{sql}: {error}");
    }
    Ok(())
}

#[tokio::test]
async fn tiers() -> Result<()> {
    let context = context()?;
    for function in lanestack_datafusion::functions(Accuracy::Exact)? {
        context.register_udf(function.as_ref().clone());
    }
    let source = column(&context, "SELECT d FROM t").await?;
    let exact = Engine::global().with_accuracy(Accuracy::Exact).run_arrow_dyn(Op::Exp, &source).expect("an array");
    assert_eq!(*column(&context, "SELECT lanestack_exp(d) FROM t").await?, *exact);
    assert_ne!(*Engine::global().run_arrow_dyn(Op::Exp, &source).expect("an array"), *exact);
    Ok(())
}
