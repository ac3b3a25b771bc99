//! In which order things stand in a column, and how high.

/// Rounds of ordering and placing; fewer in large drawings.
const ROUNDS: usize = 12;
const LARGE: usize = 3_000;

/// Something in a column that takes place.
pub struct Spot {
    pub rank: usize,
    pub height: f64,
    pub width: f64,
    pub card: bool,
    pub y: f64,
}

/// Two spots of neighbouring ranks that should stand at one height; offsets from their middles.
pub struct Tie {
    pub left: usize,
    pub right: usize,
    pub left_offset: f64,
    pub right_offset: f64,
    pub weight: f64,
}

#[derive(Default)]
pub struct Places {
    pub spots: Vec<Spot>,
    pub ties: Vec<Tie>,
}

impl Places {
    /// The spots of each rank, from top to bottom.
    pub fn order(&self) -> Vec<Vec<usize>> {
        let ranks = self.spots.iter().map(|spot| spot.rank + 1).max().unwrap_or(0);
        let mut order: Vec<Vec<usize>> = vec![Vec::new(); ranks];
        for spot in self.first_order() {
            order[self.spots[spot].rank].push(spot);
        }
        let (mut best, mut fewest) = (order.clone(), self.crossings(&order));
        let rounds = if self.spots.len() > LARGE { 4 } else { 2 * ROUNDS };
        for round in 0..rounds {
            self.sweep(&mut order, round % 2 == 0);
            let crossings = self.crossings(&order);
            if crossings < fewest {
                (best, fewest) = (order.clone(), crossings);
            }
        }
        best
    }

    /// Depth first along the ties: what belongs together begins together.
    fn first_order(&self) -> Vec<usize> {
        let mut beside: Vec<Vec<usize>> = vec![Vec::new(); self.spots.len()];
        for tie in &self.ties {
            beside[tie.left].push(tie.right);
            beside[tie.right].push(tie.left);
        }
        let (mut seen, mut found) = (vec![false; self.spots.len()], Vec::new());
        for root in 0..self.spots.len() {
            let mut open = vec![root];
            while let Some(spot) = open.pop() {
                if !std::mem::replace(&mut seen[spot], true) {
                    found.push(spot);
                    open.extend(beside[spot].iter().rev());
                }
            }
        }
        found
    }

    fn sweep(&self, order: &mut [Vec<usize>], rightwards: bool) {
        let mut at = positions(order, self.spots.len());
        let mut pulls: Vec<Vec<(usize, f64)>> = vec![Vec::new(); self.spots.len()];
        for tie in &self.ties {
            let (fixed, moved, offset) =
                if rightwards { (tie.left, tie.right, tie.left_offset) } else { (tie.right, tie.left, tie.right_offset) };
            pulls[moved].push((fixed, offset / self.spots[fixed].height.max(1.0)));
        }
        let ranks: Vec<usize> = if rightwards { (0..order.len()).collect() } else { (0..order.len()).rev().collect() };
        for rank in ranks {
            let mut keyed: Vec<(f64, usize)> = order[rank]
                .iter()
                .map(|&spot| {
                    let pulled = &pulls[spot];
                    let sum: f64 = pulled.iter().map(|(fixed, offset)| at[*fixed] + offset).sum();
                    (if pulled.is_empty() { at[spot] } else { sum / pulled.len() as f64 }, spot)
                })
                .collect();
            keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (place, (_, spot)) in keyed.iter().enumerate() {
                at[*spot] = place as f64;
                order[rank][place] = *spot;
            }
        }
    }

    fn crossings(&self, order: &[Vec<usize>]) -> usize {
        let at = positions(order, self.spots.len());
        let mut by_rank: Vec<Vec<(f64, f64)>> = vec![Vec::new(); order.len()];
        for tie in &self.ties {
            let left = at[tie.left] + tie.left_offset / self.spots[tie.left].height.max(1.0);
            by_rank[self.spots[tie.left].rank].push((left, at[tie.right]));
        }
        by_rank.iter_mut().map(|ties| inversions(ties)).sum()
    }

    /// Heights: as near as can be to what each is tied to, in order and with room between.
    pub fn place(&mut self, order: &[Vec<usize>]) {
        for spots in order {
            let mut y = 0.0;
            for pair in 0..spots.len() {
                if pair > 0 {
                    y += self.distance(spots[pair - 1], spots[pair]);
                }
                self.spots[spots[pair]].y = y;
            }
        }
        for round in 0..if self.spots.len() > LARGE { 4 } else { 2 * ROUNDS } {
            let both = round + 2 >= ROUNDS;
            let mut pulls: Vec<Vec<(usize, f64, f64)>> = vec![Vec::new(); self.spots.len()];
            for tie in &self.ties {
                let offset = tie.left_offset - tie.right_offset;
                if both || round % 2 == 0 {
                    pulls[tie.right].push((tie.left, offset, tie.weight));
                }
                if both || round % 2 == 1 {
                    pulls[tie.left].push((tie.right, -offset, tie.weight));
                }
            }
            let ranks: Vec<usize> = if round % 2 == 0 { (0..order.len()).collect() } else { (0..order.len()).rev().collect() };
            for rank in ranks {
                self.settle(&order[rank], &pulls);
            }
        }
    }

    fn distance(&self, above: usize, below: usize) -> f64 {
        let (above, below) = (&self.spots[above], &self.spots[below]);
        let gap = match (above.card, below.card) {
            (true, true) => 26.0,
            (true, false) | (false, true) => 14.0,
            (false, false) => 8.0,
        };
        f64::midpoint(above.height, below.height) + gap
    }

    /// The least squares under the order: blocks of spots that touch move as one (pool adjacent violators).
    fn settle(&mut self, spots: &[usize], pulls: &[Vec<(usize, f64, f64)>]) {
        // A block: where its first spot wants to be on average, its weight, how many spots.
        let mut blocks: Vec<(f64, f64, usize)> = Vec::new();
        let (mut shift, mut shifts) = (0.0, Vec::with_capacity(spots.len()));
        for (index, &spot) in spots.iter().enumerate() {
            if index > 0 {
                shift += self.distance(spots[index - 1], spot);
            }
            shifts.push(shift);
            let weight: f64 = pulls[spot].iter().map(|(_, _, weight)| weight).sum();
            let wanted = match weight {
                0.0 => self.spots[spot].y,
                weight => pulls[spot].iter().map(|(other, offset, pull)| (self.spots[*other].y + offset) * pull).sum::<f64>() / weight,
            };
            blocks.push((wanted - shift, weight.max(0.05), 1));
            while let [.., before, last] = blocks.as_mut_slice()
                && before.0 > last.0
            {
                let weight = before.1 + last.1;
                *before = ((before.0 * before.1 + last.0 * last.1) / weight, weight, before.2 + last.2);
                blocks.pop();
            }
        }
        let mut index = 0;
        for (begin, _, count) in blocks {
            for _ in 0..count {
                self.spots[spots[index]].y = begin + shifts[index];
                index += 1;
            }
        }
    }
}

fn positions(order: &[Vec<usize>], count: usize) -> Vec<f64> {
    let mut at = vec![0.0; count];
    for spots in order {
        for (place, spot) in spots.iter().enumerate() {
            at[*spot] = place as f64;
        }
    }
    at
}

/// How many pairs stand the other way round on the right than on the left.
fn inversions(ties: &mut [(f64, f64)]) -> usize {
    ties.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let mut values: Vec<f64> = ties.iter().map(|(_, right)| *right).collect();
    let mut spare = values.clone();
    merge(&mut values, &mut spare)
}

fn merge(values: &mut [f64], spare: &mut [f64]) -> usize {
    let count = values.len();
    if count < 2 {
        return 0;
    }
    let half = count / 2;
    let mut found = {
        let ((left, right), (spare_left, spare_right)) = (values.split_at_mut(half), spare.split_at_mut(half));
        merge(left, spare_left) + merge(right, spare_right)
    };
    let (mut left, mut right) = (0, half);
    for slot in spare.iter_mut() {
        if right == count || (left < half && values[left] <= values[right]) {
            *slot = values[left];
            left += 1;
        } else {
            *slot = values[right];
            right += 1;
            found += half - left;
        }
    }
    values.copy_from_slice(spare);
    found
}
