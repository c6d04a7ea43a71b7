//! What the parties compute. Every disclosure of the MNIST examples is a `reveal` in this file.

use spu::nn::init::Draws;
use spu::nn::layers::{Layer, Pure, Weights};
use spu::nn::loss::cross_entropy;
use spu::nn::metrics::count_correct;
use spu::nn::networks::{NETWORK_A, NETWORK_B, NETWORK_C, NETWORK_D, NetworkA, NetworkB, NetworkC, NetworkD};
use spu::nn::optim::{Adam, AmsGrad, Optimizer, Sgd};
use spu::prelude::*;
use spu::{Executor, Program};

use super::options::{NetworkName, OptimizerName};

/// A batch of images `[n, 784]`.
pub(crate) type Images = Tensor<Secret, Fxp>;

/// Their labels `[n, 10]`, one-hot.
pub(crate) type Labels = Tensor<Secret, Int>;

/// How many images were recognized.
pub(crate) type Count = Tensor<Secret, Int>;

/// Weights and how they move: secret from the first step to the last.
#[derive(Clone, Copy, Tree)]
pub(crate) struct Training<W: Tree, S: Tree> {
    pub(crate) weights: W,
    pub(crate) optimizer: S,
}

/// Of network `N` by optimizer `O`.
type TrainingOf<N, O> = Training<Weights<N>, <O as Optimizer>::State<Weights<N>>>;

const SGD: Sgd = Sgd::DEFAULT;
const ADAM: Adam = Adam::DEFAULT;
const AMSGRAD: AmsGrad = AmsGrad::DEFAULT;

/// One of the programs that a training runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// A step that tells every party the loss.
    Train,
    /// A step that tells nothing; the loss is not even computed.
    TrainSilently,
    /// Adds up how many images are recognized.
    Test,
}

impl Stage {
    /// That of step `number`, beginning with 0, if every so many steps tell the loss.
    pub(crate) fn of_step(number: u64, loss_every: u64) -> Self {
        if number.is_multiple_of(loss_every) { Self::Train } else { Self::TrainSilently }
    }
}

/// One step of training, and the loss before it: any network, any optimizer.
fn advance<N: Pure, O: Optimizer>(
    network: N,
    optimizer: O,
    state: TrainingOf<N, O>,
    images: Images,
    labels: Labels,
    rate: Tensor<Public, Fxp>,
) -> (TrainingOf<N, O>, Tensor<Secret, Fxp>) {
    let loss_of = |weights| cross_entropy(network.apply(weights, images), labels);
    let (loss, gradient) = value_and_grad(state.weights, loss_of);
    let (weights, optimizer) = optimizer.step_at(state.weights, state.optimizer, gradient, rate);
    (Training { weights, optimizer }, loss)
}

/// Tells every party the loss of a step.
fn tell(loss: Tensor<Secret, Fxp>) -> Tensor<Public, Fxp> {
    loss.reveal()
}

/// A network with an optimizer.
pub(crate) trait Task {
    /// Weights and what the optimizer keeps.
    type State: Tree;
    /// The network, for people.
    const DESCRIPTION: &'static str;
    /// The optimizer, for people.
    const OPTIMIZER: &'static str;
    /// The optimizer on the command line.
    const OPTIMIZER_NAME: OptimizerName;

    /// The shapes of weights and optimizer state.
    fn shape() -> ShapeOf<Self::State>;
    /// Glorot normal weights at rest.
    fn initial(seed: Option<u64>) -> Result<HostOf<Self::State>, Error>;
    /// Step `number` of training, beginning with 0, and the loss before it if it is told.
    fn step(
        session: &impl Executor,
        stage: Stage,
        number: u64,
        state: &Shared<Self::State>,
        images: &Shared<Images>,
        labels: &Shared<Labels>,
    ) -> Result<(Shared<Self::State>, Option<f64>), Error>;
    /// Adds to `count` how many of the images are recognized.
    fn test(
        session: &impl Executor,
        state: &Shared<Self::State>,
        images: &Shared<Images>,
        labels: &Shared<Labels>,
        count: &Shared<Count>,
    ) -> Result<Shared<Count>, Error>;
    /// The program of a stage for `batch` images.
    fn program(stage: Stage, batch: usize) -> Result<Program, Error>;
}

/// What is done with a task, whichever it is.
pub(crate) trait Visitor {
    /// What comes of it.
    type Output;
    /// For this task.
    fn visit<T: Task>(self) -> Self::Output;
}

macro_rules! tasks {
    ($($name:ident $network:ident: $Network:ty, $optimizer:ident: $Optimizer:ty, $Name:ident $Optim:ident;)+) => {
        $(
            /// The programs of one network with one optimizer: `#[spu_fn]` is never generic.
            mod $name {
                use super::*;

                type State = TrainingOf<$Network, $Optimizer>;

                #[spu_fn]
                fn train_step(
                    state: State,
                    images: Images,
                    labels: Labels,
                    rate: Tensor<Public, Fxp>,
                ) -> (State, Tensor<Public, Fxp>) {
                    let (next, loss) = advance($network, $optimizer, state, images, labels, rate);
                    (next, tell(loss))
                }

                #[spu_fn]
                fn silent_step(state: State, images: Images, labels: Labels, rate: Tensor<Public, Fxp>) -> State {
                    advance($network, $optimizer, state, images, labels, rate).0
                }

                #[spu_fn]
                fn test_step(state: State, images: Images, labels: Labels, count: Count) -> Count {
                    count + count_correct($network.apply(state.weights, images), labels)
                }

                pub(super) enum Cell {}

                impl Task for Cell {
                    type State = State;
                    const DESCRIPTION: &'static str = NetworkName::$Name.description();
                    const OPTIMIZER: &'static str = OptimizerName::$Optim.description();
                    const OPTIMIZER_NAME: OptimizerName = OptimizerName::$Optim;

                    fn shape() -> ShapeOf<State> {
                        let optimizer = Optimizer::state($optimizer, $network.shape());
                        ShapeOf::of(|| Training { weights: $network.shape().graft(), optimizer: optimizer.graft() })
                    }

                    fn initial(seed: Option<u64>) -> Result<HostOf<State>, Error> {
                        let weights = $network.initial(&mut Draws::new(seed)?)?;
                        let optimizer = Optimizer::at_rest($optimizer, $network.shape())?;
                        HostOf::of(|| Training { weights: weights.graft(), optimizer: optimizer.graft() })
                    }

                    fn step(
                        session: &impl Executor,
                        stage: Stage,
                        number: u64,
                        state: &Shared<State>,
                        images: &Shared<Images>,
                        labels: &Shared<Labels>,
                    ) -> Result<(Shared<State>, Option<f64>), Error> {
                        let rate = Optimizer::rate_at($optimizer, $optimizer.rate, number + 1);
                        if stage == Stage::Train {
                            let (next, loss) = train_step::run(session, state, images, labels, rate)?.split();
                            return Ok((next, Some(loss.item())));
                        }
                        Ok((silent_step::run(session, state, images, labels, rate)?, None))
                    }

                    fn test(
                        session: &impl Executor,
                        state: &Shared<State>,
                        images: &Shared<Images>,
                        labels: &Shared<Labels>,
                        count: &Shared<Count>,
                    ) -> Result<Shared<Count>, Error> {
                        test_step::run(session, state, images, labels, count)
                    }

                    fn program(stage: Stage, batch: usize) -> Result<Program, Error> {
                        let [images, labels] = super::super::data::shapes(batch);
                        match stage {
                            Stage::Train => train_step::program(Self::shape(), images, labels, []),
                            Stage::TrainSilently => silent_step::program(Self::shape(), images, labels, []),
                            Stage::Test => test_step::program(Self::shape(), images, labels, []),
                        }
                    }
                }
            }
        )+

        /// Does something with the task of this network and this optimizer.
        pub(crate) fn visit<V: Visitor>(network: NetworkName, optimizer: OptimizerName, visitor: V) -> V::Output {
            match (network, optimizer) {
                $((NetworkName::$Name, OptimizerName::$Optim) => visitor.visit::<$name::Cell>(),)+
            }
        }
    };
}

tasks! {
    a_sgd NETWORK_A: NetworkA, SGD: Sgd, A Sgd;
    a_adam NETWORK_A: NetworkA, ADAM: Adam, A Adam;
    a_amsgrad NETWORK_A: NetworkA, AMSGRAD: AmsGrad, A Amsgrad;
    b_sgd NETWORK_B: NetworkB, SGD: Sgd, B Sgd;
    b_adam NETWORK_B: NetworkB, ADAM: Adam, B Adam;
    b_amsgrad NETWORK_B: NetworkB, AMSGRAD: AmsGrad, B Amsgrad;
    c_sgd NETWORK_C: NetworkC, SGD: Sgd, C Sgd;
    c_adam NETWORK_C: NetworkC, ADAM: Adam, C Adam;
    c_amsgrad NETWORK_C: NetworkC, AMSGRAD: AmsGrad, C Amsgrad;
    d_sgd NETWORK_D: NetworkD, SGD: Sgd, D Sgd;
    d_adam NETWORK_D: NetworkD, ADAM: Adam, D Adam;
    d_amsgrad NETWORK_D: NetworkD, AMSGRAD: AmsGrad, D Amsgrad;
}

/// Tells every party how many test images were recognized in all.
#[spu_fn]
pub(crate) fn publish_count(count: Count) -> Tensor<Public, Int> {
    count.reveal()
}

/// Tells every party what an owner says of its files: how many examples they hold, and their MD5.
#[spu_fn]
pub(crate) fn publish_facts(facts: Tensor<Secret, Int>) -> Tensor<Public, Int> {
    facts.reveal()
}
