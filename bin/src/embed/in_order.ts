/**
 * Several calls at a time, their answers in the order of the calls: hosts always have the next work at hand, while
 * memory holds a few chunks at most. How many there may be is asked anew each time, for hosts come and go.
 */

/** An item and what became of it. */
export interface Answered<Item, Answer> {
  item: Item;
  answer: Answer;
}

export async function* inOrder<Item, Answer>(
  items: AsyncIterator<Item>,
  atOnce: () => number,
  call: (item: Item) => Promise<Answer>,
): AsyncGenerator<Answered<Item, Answer>> {
  const running: Promise<Answered<Item, Answer>>[] = [];
  try {
    for (let open = true; ;) {
      while (open && running.length < atOnce()) {
        const next = await items.next();
        if (next.done) open = false;
        else running.push(start(next.value, call));
      }
      const first = running.shift();
      if (!first) return;
      yield await first;
    }
  } finally {
    await items.return?.();
  }
}

/** A call whose turn has not come may fail unseen; its failure is met when its turn comes, or not at all. */
function start<Item, Answer>(
  item: Item,
  call: (item: Item) => Promise<Answer>,
): Promise<Answered<Item, Answer>> {
  const answered = call(item).then((answer) => ({ item, answer }));
  answered.catch(() => {});
  return answered;
}
