//! The ops and pipelines of `lanestack` as scalar functions of DataFusion's SQL.
//!
//! ```
//! use datafusion::prelude::SessionContext;
//!
//! # #[tokio::main]
//! # async fn main() -> datafusion::common::Result<()> {
//! let mut context = SessionContext::new();
//! lanestack_datafusion::register(&mut context)?;
//! let sql = "SELECT lanestack_exp(x) AS y, lanestack_apply(x, 'square,offset(1),log') AS z FROM (VALUES (0.0), (NULL)) AS t (x)";
//! context.sql(sql).await?.show().await?;
//! # Ok(())
//! # }
//! ```
//!
//! - `lanestack_exp(x)`, `lanestack_log(x)`, `lanestack_sqrt(x)`, `lanestack_square(x)`: the ops. Logarithms are natural; where a
//!   result is no number, it is NaN and no error, as in IEEE 754.
//! - `lanestack_apply(x, 'steps')`: the steps of a [`Pipeline`] in one pass; the text must be a constant, and one that is not
//!   understood is an error when the query is planned.
//!
//! `x` is of type `REAL` or `DOUBLE`, and so is the result; whole numbers and the like are cast to `DOUBLE`. Null gives null.
//! Columns are evaluated in place where nobody else has them, as in `lanestack_exp(lanestack_log(x))`; and each on the thread
//! that the query engine calls from, since it spreads partitions over threads itself.
use std::sync::{Arc, LazyLock};

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, exec_err, plan_datafusion_err, plan_err};
use datafusion::logical_expr::registry::FunctionRegistry;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use lanestack::{Accuracy, Element, Engine, Op, Pipeline, Threads};

/// Registers all functions, of the default accuracy.
///
/// # Errors
/// If the registry takes none, or an environment variable `LANESTACK_...` is not understood.
pub fn register(registry: &mut dyn FunctionRegistry) -> Result<()> {
    for function in functions(Accuracy::Default)? {
        registry.register_udf(function)?;
    }
    Ok(())
}

/// All functions, of at least this accuracy.
///
/// # Errors
/// If an environment variable `LANESTACK_...` is not understood, or names what this CPU lacks.
pub fn functions(accuracy: Accuracy) -> Result<Vec<Arc<ScalarUDF>>> {
    engine(accuracy)?;
    let ops = Op::ALL.iter().map(|&op| ScalarUDF::from(OpFunction::new(op, accuracy)));
    Ok(ops.chain([ScalarUDF::from(Apply::new(accuracy))]).map(Arc::new).collect())
}

/// One thread: the query engine has threads of its own.
fn engine(accuracy: Accuracy) -> Result<Engine> {
    static ENGINE: LazyLock<Result<Engine, lanestack::Error>> =
        LazyLock::new(|| Engine::builder().threads(Threads::Exactly(1)).build());
    ENGINE.as_ref().map(|engine| engine.with_accuracy(accuracy)).map_err(|error| external(error.clone()))
}

fn external(error: lanestack::Error) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}

/// `lanestack_OP(x)`.
#[derive(Debug, PartialEq, Eq, Hash)]
struct OpFunction {
    op: Op,
    accuracy: Accuracy,
    name: String,
    signature: Signature,
}

impl OpFunction {
    fn new(op: Op, accuracy: Accuracy) -> Self {
        let types = vec![DataType::Float64, DataType::Float32];
        let signature = Signature::uniform(1, types, Volatility::Immutable);
        Self { op, accuracy, name: format!("lanestack_{op}"), signature }
    }
}

impl ScalarUDFImpl for OpFunction {
    fn name(&self) -> &str {
        &self.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types[0].clone())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        Ok(of_the_same_type(&self.name, args))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let engine = engine(self.accuracy)?;
        let [x] = args.args.try_into().or_else(|_| exec_err!("{} takes one argument", self.name))?;
        evaluate(x, |column| engine.run_column(self.op, column).map_err(external))
    }
}

/// `lanestack_apply(x, 'steps')`.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Apply {
    accuracy: Accuracy,
    signature: Signature,
}

impl Apply {
    const NAME: &str = "lanestack_apply";

    fn new(accuracy: Accuracy) -> Self {
        let of = |number: DataType| TypeSignature::Exact(vec![number, DataType::Utf8]);
        let signature = Signature::one_of([DataType::Float64, DataType::Float32].map(of).into(), Volatility::Immutable);
        Self { accuracy, signature }
    }
}

impl ScalarUDFImpl for Apply {
    fn name(&self) -> &str {
        Self::NAME
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        Ok(types[0].clone())
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        let steps = text(args.scalar_arguments[1])?;
        match args.arg_fields[0].data_type() {
            DataType::Float32 => drop(pipeline::<f32>(steps)?),
            _ => drop(pipeline::<f64>(steps)?),
        }
        Ok(of_the_same_type(Self::NAME, args))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let engine = engine(self.accuracy)?;
        let [x, steps] = args.args.try_into().or_else(|_| exec_err!("{} takes two arguments", Self::NAME))?;
        let steps = match &steps {
            ColumnarValue::Scalar(steps) => text(Some(steps))?,
            ColumnarValue::Array(_) => text(None)?,
        };
        match x.data_type() {
            DataType::Float32 => {
                let pipeline = pipeline::<f32>(steps)?;
                evaluate(x, |column| engine.pipe_column(&pipeline, column).map_err(external))
            }
            _ => {
                let pipeline = pipeline::<f64>(steps)?;
                evaluate(x, |column| engine.pipe_column(&pipeline, column).map_err(external))
            }
        }
    }
}

/// The steps of an argument, which must be a constant.
fn text(argument: Option<&ScalarValue>) -> Result<&str> {
    match argument.and_then(ScalarValue::try_as_str) {
        Some(Some(steps)) => Ok(steps),
        _ => plan_err!("{}: the steps must be a constant text, as in {0}(x, 'square,log')", Apply::NAME),
    }
}

fn pipeline<T: Element>(steps: &str) -> Result<Pipeline<T>> {
    steps.parse().map_err(|error: lanestack::Error| plan_datafusion_err!("{}: {error}", Apply::NAME))
}

/// The field of a result: null where the argument is.
fn of_the_same_type(name: &str, args: ReturnFieldArgs<'_>) -> FieldRef {
    let x = &args.arg_fields[0];
    Arc::new(Field::new(name, x.data_type().clone(), x.is_nullable()))
}

/// The function of a column or of a single value.
fn evaluate(x: ColumnarValue, function: impl FnOnce(Vec<ArrayRef>) -> Result<Vec<ArrayRef>>) -> Result<ColumnarValue> {
    let (array, single) = match x {
        ColumnarValue::Array(array) => (array, false),
        ColumnarValue::Scalar(scalar) => (scalar.to_array()?, true),
    };
    let result = function(vec![array])?.remove(0);
    Ok(if single {
        ColumnarValue::Scalar(ScalarValue::try_from_array(&result, 0)?)
    } else {
        ColumnarValue::Array(result)
    })
}
