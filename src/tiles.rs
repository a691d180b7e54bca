//! A pipeline over a slice, in one pass: a tile of it, which the first-level cache holds, takes all steps before the next
//! tile is begun. Only the last step's results go to memory.
use std::mem::MaybeUninit;

use lanestack_kernels::isa::Places;

use crate::dispatch::Element;
use crate::engine::{assert_same_len, touch_end};
use crate::pipeline::Stage;
use crate::plan::{Target, Way};
use crate::{Buffer, Engine, Pipeline, memory};

/// Bytes of a tile: with as many of the tile that is read meanwhile and of the one that is written, half of a first-level
/// cache.
const TILE: usize = 8 << 10;

/// The evaluation of pipelines.
impl Engine {
    /// The pipeline of each element, in a new vector.
    ///
    /// ```
    /// use lanestack::{Engine, Pipeline};
    ///
    /// let distance: Pipeline<f32> = "offset(-3),abs,min(5)".parse()?;
    /// assert_eq!(Engine::global().pipe(&distance, &[1.0, 4.0, 100.0]), [2.0, 1.0, 5.0]);
    /// # Ok::<(), lanestack::Error>(())
    /// ```
    pub fn pipe<T: Element>(&self, pipeline: &Pipeline<T>, src: &[T]) -> Vec<T> {
        memory::vec_filled(src.len(), |dst| self.pipe_to(pipeline, src, dst, Target::New))
    }

    /// The pipeline of each element, in memory that suits long sweeps.
    pub fn pipe_buffer<T: Element>(&self, pipeline: &Pipeline<T>, src: &[T]) -> Buffer<T> {
        Buffer::filled(src.len(), |dst| self.pipe_to(pipeline, src, dst, Target::New))
    }

    /// Writes the pipeline of each element of `src` to the same place of `dst`.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn pipe_into<T: Element>(&self, pipeline: &Pipeline<T>, src: &[T], dst: &mut [T]) {
        self.pipe_to(pipeline, src, memory::unwritten(dst), Target::Into);
    }

    /// As [`pipe_into`](Self::pipe_into), into memory that need not be initialized; returns it as what it then is.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn pipe_uninit<'a, T: Element>(
        &self,
        pipeline: &Pipeline<T>,
        src: &[T],
        dst: &'a mut [MaybeUninit<T>],
    ) -> &'a mut [T] {
        self.pipe_to(pipeline, src, dst, Target::Into);
        memory::written(dst)
    }

    /// Replaces each element by the pipeline of it.
    pub fn pipe_in_place<T: Element>(&self, pipeline: &Pipeline<T>, data: &mut [T]) {
        let len = if pipeline.stages().len() == 1 { data.len() } else { TILE / size_of::<T>() };
        self.each_chunk(pipeline.ns(self.accuracy()), data, |data, way| {
            let Some((first, others)) = pipeline.stages().split_first() else { return };
            for tile in data.chunks_mut(len) {
                self.stage_to(first, Places::one(tile), way.prefetching, way.streaming);
                for stage in others {
                    self.stage_in_place(stage, tile);
                }
            }
        });
    }

    fn pipe_to<T: Element>(&self, pipeline: &Pipeline<T>, src: &[T], dst: &mut [MaybeUninit<T>], target: Target) {
        assert_same_len(src, dst);
        self.each_pair(pipeline.ns(self.accuracy()), src, dst, target, |src, dst, way| {
            touch_end(dst, way);
            match pipeline.stages() {
                [] => drop(dst.write_copy_of_slice(src)),
                [stage] => self.stage_to(stage, Places::two(src, dst), way.prefetching, way.streaming),
                [first, between @ .., last] => self.tiles(first, between, last, src, dst, way),
            }
        });
    }

    /// The stages on each tile, in a place of its own; the last writes to the destination.
    fn tiles<T: Element>(
        &self,
        first: &Stage,
        between: &[Stage],
        last: &Stage,
        src: &[T],
        dst: &mut [MaybeUninit<T>],
        way: &Way,
    ) {
        let mut place = Place([MaybeUninit::uninit(); TILE / size_of::<f32>()]);
        let len = TILE / size_of::<T>();
        for (src, dst) in src.chunks(len).zip(dst.chunks_mut(len)) {
            let place = &mut place.0[..src.len()];
            self.stage_to(first, Places::two(src, place), way.prefetching, false);
            let place = memory::written(place);
            for stage in between {
                self.stage_in_place(stage, place);
            }
            self.stage_to(last, Places::two(place, dst), way.streaming, way.streaming);
        }
    }

    fn stage_in_place<T: Element>(&self, stage: &Stage, data: &mut [T]) {
        T::stage(self.token(), stage, self.accuracy(), Places::one(data));
    }

    fn stage_to<T: Element>(&self, stage: &Stage, places: Places<'_, T>, prefetching: bool, streaming: bool) {
        match prefetching {
            true => T::stage_long(self.token(), stage, self.accuracy(), places, streaming),
            false => T::stage(self.token(), stage, self.accuracy(), places),
        }
    }
}

/// Where a tile is, beginning with a cache line.
#[repr(align(64))]
struct Place<T>([MaybeUninit<T>; TILE / size_of::<f32>()]);
