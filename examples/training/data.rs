//! Who holds which part of MNIST, and how a batch of it becomes shares.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use spu::nn::data::{Images, Labels, Mnist};
use spu::prelude::*;
use spu::{Cost, Executor, Session};

use super::tasks::{self, publish_facts};
use crate::common::ledger::Ledger;

/// Who owns the images.
pub(crate) const IMAGES: Party = Party(0);

/// Who owns the labels.
pub(crate) const LABELS: Party = Party(1);

/// Test images in one run.
pub(crate) const TEST_BATCH: usize = 1000;

/// How many numbers an owner tells: five of each of its two files.
pub(crate) const FACTS: usize = 2 * WORDS;

/// One of the two parts of MNIST.
#[derive(Clone, Copy)]
pub(crate) enum Part {
    Train,
    Test,
}

/// What this process holds of MNIST, and what all know of it.
pub(crate) struct Data {
    images: Option<[Images; 2]>,
    labels: Option<[Labels; 2]>,
    counts: [usize; 2],
    /// MD5 of the unpacked files, by name.
    pub(crate) md5: BTreeMap<String, String>,
}

impl Data {
    /// Each owner reads its files, and tells the others how many examples there are and what their MD5 is. A fault in a
    /// file is an error at every party.
    pub(crate) fn load(session: &Session, folder: &Path, ledger: &mut Ledger) -> Result<Self, Error> {
        let (mut images, mut labels) = (None, None);
        let of_images = tell(session, IMAGES, ledger, || {
            let read = |file| Images::read(&folder.join(file));
            let read = [read(Mnist::TRAIN_IMAGES)?, read(Mnist::TEST_IMAGES)?];
            let facts = read.each_ref().map(|set| Facts { count: set.len(), md5: set.md5() });
            images = Some(read);
            Ok(facts)
        })?;
        let of_labels = tell(session, LABELS, ledger, || {
            let read = |file| Labels::read(&folder.join(file));
            let read = [read(Mnist::TRAIN_LABELS)?, read(Mnist::TEST_LABELS)?];
            let facts = read.each_ref().map(|set| Facts { count: set.len(), md5: set.md5() });
            labels = Some(read);
            Ok(facts)
        })?;
        for ((images, labels), file) in of_images.iter().zip(&of_labels).zip([Mnist::TRAIN_LABELS, Mnist::TEST_LABELS])
        {
            if images.count != labels.count || images.count == 0 {
                let problem = format!(
                    "expected one label for each of {} images, at least one, found {} labels",
                    images.count, labels.count
                );
                return Err(Error::data(file, None, problem));
            }
        }
        let facts = [&of_images[0], &of_labels[0], &of_images[1], &of_labels[1]];
        let names = Mnist::PUBLISHED_MD5.iter().map(|(name, _)| name.to_string());
        let md5 = names.zip(facts.map(|f| f.md5.iter().map(|byte| format!("{byte:02x}")).collect())).collect();
        Ok(Self { images, labels, counts: of_images.map(|f| f.count), md5 })
    }

    /// What a process that sees everything reads.
    pub(crate) fn read(folder: &Path) -> Result<Self, Error> {
        let Mnist { train, test } = Mnist::load(folder)?;
        let counts = [train.len(), test.len()];
        let (images, labels) = ([train.images, test.images], [train.labels, test.labels]);
        Ok(Self { images: Some(images), labels: Some(labels), counts, md5: BTreeMap::new() })
    }

    /// How many examples a part has.
    pub(crate) fn count(&self, part: Part) -> usize {
        self.counts[part as usize]
    }

    /// Whether the files are the published ones.
    pub(crate) fn is_published(&self) -> bool {
        Mnist::PUBLISHED_MD5.iter().all(|(name, md5)| self.md5.get(*name).is_some_and(|found| found == md5))
    }

    /// Images and labels of `range` become shares: the images by their owner, the labels by theirs.
    pub(crate) fn share(
        &self,
        session: &impl Executor,
        part: Part,
        range: Range<usize>,
    ) -> Result<(Shared<tasks::Images>, Shared<tasks::Labels>), Error> {
        let [images, labels] = shapes(range.len());
        let images = session.input(IMAGES, images, || {
            let own = self.images.as_ref().expect("the owner has read its images");
            Ok(own[part as usize].batch(range.clone()))
        })?;
        let labels = session.input(LABELS, labels, || {
            let own = self.labels.as_ref().expect("the owner has read its labels");
            Ok(own[part as usize].batch(range))
        })?;
        Ok((images, labels))
    }

    /// What sharing the images and the labels of a batch costs.
    pub(crate) fn cost(session: &Session, batch: usize) -> Result<[Cost; 2], Error> {
        let [images, labels] = shapes(batch);
        let images = session.input_cost::<tasks::Images>(IMAGES, images)?;
        Ok([images, session.input_cost::<tasks::Labels>(LABELS, labels)?])
    }
}

/// Shapes of a batch: images, and labels.
pub(crate) fn shapes(batch: usize) -> [[usize; 2]; 2] {
    [[batch, Images::PIXELS], [batch, Labels::CLASSES]]
}

/// What an owner tells of a file.
struct Facts {
    count: usize,
    md5: [u8; 16],
}

/// The owner's facts of its training and its test file, at every party.
fn tell(
    session: &Session,
    owner: Party,
    ledger: &mut Ledger,
    facts: impl FnOnce() -> Result<[Facts; 2], Error>,
) -> Result<[Facts; 2], Error> {
    let words = || Ok(facts()?.iter().flat_map(to_words).collect::<Vec<i64>>());
    let secret = session.input(owner, [FACTS], words)?;
    ledger.expect(&session.input_cost(owner, &secret)?);
    let public = publish_facts::run(session, &secret)?.to_host().elements.to_f64();
    ledger.expect(&publish_facts::cost(&secret, &session.network())?);
    let words: Vec<usize> = public.into_iter().map(|word| word as usize).collect();
    Ok([from_words(&words[..WORDS]), from_words(&words[WORDS..])])
}

/// The count, then the MD5 in words of 16 bits, which every ring holds.
fn to_words(facts: &Facts) -> impl Iterator<Item = i64> + use<> {
    let md5 = facts.md5;
    let word = move |i: usize| i64::from(u16::from_be_bytes([md5[i], md5[i + 1]]));
    std::iter::once(facts.count as i64).chain((0..16).step_by(2).map(word))
}

fn from_words(words: &[usize]) -> Facts {
    let mut md5 = [0; 16];
    let pairs = md5.chunks_exact_mut(2).zip(&words[1..]);
    pairs.for_each(|(bytes, &word)| bytes.copy_from_slice(&(word as u16).to_be_bytes()));
    Facts { count: words[0], md5 }
}

/// Words of one file's facts.
const WORDS: usize = 9;
