//! Where things go: cards in columns from left to right, as far from the start as their ways are long; within a column in
//! an order with few crossings; arrows through free places, so that no two labels and no card and arrow lie on each
//! other. (Sugiyama's method: layers, orders by barycentres, places by isotonic regression.)
//!
//! Arrows that would cross much of the drawing end in a stub that names where they go. Orders and heights are found in
//! [`places`](super::places).

use super::chart::{Arrow, Chart};
use super::places::{Places, Spot, Tie};

/// Arrows over more columns than this end in a stub; back, and forward.
const BACK_SPAN: usize = 2;
const FORWARD_SPAN: usize = 3;
/// Where more arrows than this lead to a card (or back to it), the first is drawn, and the others are stubs.
const BUSY: usize = 6;
const BUSY_BACK: usize = 2;

/// What the drawing is made of, in its own units.
pub struct Sizes {
    /// Width and height of each card.
    pub cards: Vec<(f64, f64)>,
    /// Width and height of each arrow's label, and of its stub.
    pub labels: Vec<(f64, f64)>,
    /// How far below the top of its card an arrow begins.
    pub ports: Vec<f64>,
    /// How far below the top of a card arrows end.
    pub inlet: f64,
    pub stub: (f64, f64),
}

#[derive(Debug, Default)]
pub struct Layout {
    pub width: f64,
    pub height: f64,
    /// Left and top of each card.
    pub cards: Vec<(f64, f64)>,
    pub routes: Vec<Route>,
}

/// One arrow: pieces to draw one after the other.
#[derive(Debug, Default)]
pub struct Route {
    pub steps: Vec<Step>,
    /// Left and middle of its label.
    pub label: (f64, f64),
    /// Left and middle of the stub that it ends in.
    pub stub: Option<(f64, f64)>,
}

#[derive(Debug, Clone, Copy)]
pub enum Step {
    Begin(f64, f64),
    /// Gently, from column to column.
    Bend(f64, f64),
    Straight(f64, f64),
    /// Around, out to this x, and back.
    Turn(f64, f64, f64),
}

struct Builder<'a> {
    chart: &'a Chart,
    sizes: &'a Sizes,
    columns: Vec<usize>,
    places: Places,
    /// The spots of each arrow, from its begin to its end.
    chains: Vec<Vec<usize>>,
    stubs: Vec<bool>,
}

pub fn layout(chart: &Chart, sizes: &Sizes) -> Layout {
    let columns = columns(chart);
    let stubs = stubs(chart, &columns);
    let mut builder = Builder { chart, sizes, columns, places: Places::default(), chains: Vec::new(), stubs };
    builder.fill();
    let order = builder.places.order();
    builder.places.place(&order);
    builder.finish(&order)
}

/// For each card the longest way to it, loops left out; ways in stand right before what they lead to.
fn columns(chart: &Chart) -> Vec<usize> {
    let count = chart.cards.len();
    let forward = || chart.arrows.iter().filter(|arrow| !arrow.back);
    let (mut before, mut out) = (vec![0_usize; count], vec![Vec::new(); count]);
    for arrow in forward() {
        before[arrow.to] += 1;
        out[arrow.from].push(arrow.to);
    }
    let mut columns: Vec<usize> = chart.cards.iter().map(|card| usize::from(!card.entry)).collect();
    let mut open: Vec<usize> = (0..count).filter(|card| before[*card] == 0).collect();
    while let Some(card) = open.pop() {
        for &to in &out[card] {
            columns[to] = columns[to].max(columns[card] + 1);
            before[to] -= 1;
            if before[to] == 0 {
                open.push(to);
            }
        }
    }
    for arrow in forward().filter(|arrow| chart.cards[arrow.from].entry) {
        columns[arrow.from] = columns[arrow.to].saturating_sub(1);
    }
    columns
}

fn stubs(chart: &Chart, columns: &[usize]) -> Vec<bool> {
    let mut into = vec![[0_usize; 2]; columns.len()];
    for arrow in &chart.arrows {
        into[arrow.to][usize::from(arrow.back)] += 1;
    }
    let mut drawn = vec![[false; 2]; columns.len()];
    let mut stub = |arrow: &Arrow| {
        let span = columns[arrow.to].abs_diff(columns[arrow.from]);
        let (most, longest) = if arrow.back { (BUSY_BACK, BACK_SPAN) } else { (BUSY, FORWARD_SPAN) };
        let kind = usize::from(arrow.back);
        if chart.cards[arrow.from].entry {
            return false;
        }
        if span > longest {
            return true;
        }
        std::mem::replace(&mut drawn[arrow.to][kind], true) && into[arrow.to][kind] > most
    };
    chart.arrows.iter().map(&mut stub).collect()
}

impl Builder<'_> {
    fn card_rank(&self, card: usize) -> usize {
        2 * self.columns[card] + 1
    }

    fn spot(&mut self, rank: usize, (width, height): (f64, f64)) -> usize {
        self.places.spots.push(Spot { rank, height, width, card: false, y: 0.0 });
        self.places.spots.len() - 1
    }

    fn fill(&mut self) {
        for (card, &size) in self.sizes.cards.iter().enumerate() {
            let spot = self.spot(self.card_rank(card), size);
            self.places.spots[spot].card = true;
        }
        for (index, arrow) in self.chart.arrows.iter().enumerate() {
            let chain = match (self.stubs[index], arrow.back) {
                (true, _) => self.stub(index, arrow),
                (false, true) => self.around(index, arrow),
                (false, false) => self.ahead(index, arrow),
            };
            self.chains.push(chain);
        }
    }

    /// From the middle of the card to where the arrow begins or ends.
    fn out_offset(&self, index: usize, arrow: &Arrow) -> f64 {
        self.sizes.ports[index] - self.sizes.cards[arrow.from].1 / 2.0
    }

    fn in_offset(&self, arrow: &Arrow) -> f64 {
        self.sizes.inlet.min(self.sizes.cards[arrow.to].1 / 2.0) - self.sizes.cards[arrow.to].1 / 2.0
    }

    fn tie(&mut self, left: (usize, f64), right: (usize, f64), weight: f64) {
        self.places.ties.push(Tie { left: left.0, right: right.0, left_offset: left.1, right_offset: right.1, weight });
    }

    fn stub(&mut self, index: usize, arrow: &Arrow) -> Vec<usize> {
        let (label, stub) = (self.sizes.labels[index], self.sizes.stub);
        let gap = if label.1 > 0.0 { 3.0 } else { 0.0 };
        let spot = self.spot(self.card_rank(arrow.from) + 1, (label.0.max(stub.0), label.1 + gap + stub.1));
        self.tie((arrow.from, self.out_offset(index, arrow)), (spot, 0.0), 1.0);
        vec![spot]
    }

    fn ahead(&mut self, index: usize, arrow: &Arrow) -> Vec<usize> {
        let (first, last) = (self.card_rank(arrow.from) + 1, self.card_rank(arrow.to));
        let mut chain = vec![self.spot(first, self.sizes.labels[index])];
        self.tie((arrow.from, self.out_offset(index, arrow)), (chain[0], 0.0), 1.0);
        for rank in first + 1..last {
            let spot = self.spot(rank, (0.0, 2.0));
            self.tie((chain[chain.len() - 1], 0.0), (spot, 0.0), 4.0);
            chain.push(spot);
        }
        self.tie((chain[chain.len() - 1], 0.0), (arrow.to, self.in_offset(arrow)), 2.0);
        chain
    }

    /// Out to the right, back over or under the cards, and in from the left.
    fn around(&mut self, index: usize, arrow: &Arrow) -> Vec<usize> {
        let (from, to) = (self.card_rank(arrow.from), self.card_rank(arrow.to));
        let mut chain = vec![self.spot(from + 1, (0.0, 2.0))];
        self.tie((arrow.from, self.out_offset(index, arrow)), (chain[0], 0.0), 1.0);
        for rank in (to..=from).rev() {
            let size = if rank == from { self.sizes.labels[index] } else { (0.0, 2.0) };
            let spot = self.spot(rank, (size.0, size.1.max(2.0)));
            self.tie((spot, 0.0), (chain[chain.len() - 1], 0.0), 1.0);
            chain.push(spot);
        }
        let last = self.spot(to - 1, (0.0, 2.0));
        self.tie((last, 0.0), (chain[chain.len() - 1], 0.0), 1.0);
        self.tie((last, 0.0), (arrow.to, self.in_offset(arrow)), 1.0);
        chain.push(last);
        chain
    }

    fn finish(self, order: &[Vec<usize>]) -> Layout {
        let rails = Rails::new(&self.places.spots, order);
        let top = self.places.spots.iter().map(|spot| spot.y - spot.height / 2.0).fold(f64::INFINITY, f64::min);
        let bottom = self.places.spots.iter().map(|spot| spot.y + spot.height / 2.0).fold(f64::NEG_INFINITY, f64::max);
        let top = if top.is_finite() { top - rails.margin } else { 0.0 };
        let mut layout = Layout { width: rails.width, height: (bottom - top).max(0.0) + rails.margin, ..Layout::default() };
        let middle = |spot: usize| self.places.spots[spot].y - top;
        for card in 0..self.chart.cards.len() {
            let spot = &self.places.spots[card];
            layout.cards.push((rails.left[spot.rank], middle(card) - spot.height / 2.0));
        }
        for (index, arrow) in self.chart.arrows.iter().enumerate() {
            layout.routes.push(self.route(index, arrow, &rails, &layout.cards, &middle));
        }
        layout
    }

    fn route(&self, index: usize, arrow: &Arrow, rails: &Rails, cards: &[(f64, f64)], middle: &dyn Fn(usize) -> f64) -> Route {
        let chain = &self.chains[index];
        let (left, top) = cards[arrow.from];
        let begin = (left + self.sizes.cards[arrow.from].0, top + self.sizes.ports[index]);
        let end = (cards[arrow.to].0, cards[arrow.to].1 + self.sizes.inlet.min(self.sizes.cards[arrow.to].1 / 2.0));
        let mut steps = vec![Step::Begin(begin.0, begin.1)];
        let (label_width, label_height) = self.sizes.labels[index];
        if self.stubs[index] {
            let (x, y) = (rails.inner(self.places.spots[chain[0]].rank).0, middle(chain[0]));
            let height = self.places.spots[chain[0]].height;
            let stub = y + height / 2.0 - self.sizes.stub.1 / 2.0;
            steps.push(Step::Bend(x, stub));
            return Route { steps, label: (x, y - height / 2.0 + label_height / 2.0), stub: Some((x, stub)) };
        }
        if !arrow.back {
            for &spot in chain {
                let (from, to) = rails.inner(self.places.spots[spot].rank);
                steps.extend([Step::Bend(from, middle(spot)), Step::Straight(to, middle(spot))]);
            }
            steps.push(Step::Bend(end.0, end.1));
            return Route { steps, label: (rails.inner(self.places.spots[chain[0]].rank).0, middle(chain[0])), stub: None };
        }
        // The first and the last spot are where it turns.
        let inner = &chain[1..chain.len() - 1];
        let (first, last) = (inner[0], inner[inner.len() - 1]);
        let right = rails.right[self.places.spots[first].rank];
        steps.extend([Step::Straight(right, begin.1), Step::Turn(right + rails.turn, right, middle(first))]);
        for &spot in inner {
            let (to, from) = rails.inner(self.places.spots[spot].rank);
            steps.extend([Step::Bend(from, middle(spot)), Step::Straight(to, middle(spot))]);
        }
        steps.push(Step::Turn(rails.left[self.places.spots[last].rank] - rails.turn, end.0, end.1));
        let free = rails.right[self.places.spots[first].rank] - rails.left[self.places.spots[first].rank] - label_width;
        let label = (rails.left[self.places.spots[first].rank] + free / 2.0, middle(first));
        Route { steps, label, stub: None }
    }
}

/// Where the ranks stand from left to right.
struct Rails {
    left: Vec<f64>,
    right: Vec<f64>,
    width: f64,
    margin: f64,
    /// How far out a turn goes.
    turn: f64,
}

impl Rails {
    /// Room for curves on both sides of what stands between two columns of cards.
    const CURVE: f64 = 30.0;

    fn new(spots: &[Spot], order: &[Vec<usize>]) -> Self {
        let (margin, turn) = (24.0, 26.0);
        let (mut x, mut left, mut right) = (margin, Vec::new(), Vec::new());
        for (rank, members) in order.iter().enumerate() {
            let widest = members.iter().map(|&spot| spots[spot].width).fold(0.0, f64::max);
            let outer = rank == 0 || rank + 1 == order.len();
            let between = rank.is_multiple_of(2) && !(members.is_empty() && outer);
            let width = if between { widest + 2.0 * Self::CURVE } else { widest };
            left.push(x);
            x += width;
            right.push(x);
        }
        Self { left, right, width: x + margin, margin, turn }
    }

    /// Without the room for curves.
    fn inner(&self, rank: usize) -> (f64, f64) {
        let curve = if rank.is_multiple_of(2) { Self::CURVE } else { 0.0 };
        (self.left[rank] + curve, (self.right[rank] - curve).max(self.left[rank] + curve))
    }
}
