/** The texts of the demonstration: six topics, six sentences each, and pairs that do or don't mean the same. */

export const TOPICS = {
  space: [
    "The probe entered orbit around Mars after a seven month flight.",
    "Astronomers found a planet the size of Earth around a nearby star.",
    "The telescope unfolded its mirror a million miles from home.",
    "Gravity on the Moon is about one sixth of what we feel on Earth.",
    "The rocket's first stage landed upright on a ship at sea.",
    "A comet's tail always points away from the Sun.",
  ],
  cooking: [
    "Let the bread dough rise until it has doubled in size.",
    "Fry the onions slowly until they turn soft and golden.",
    "A pinch of salt brings out the sweetness of the caramel.",
    "Simmer the tomato sauce for an hour and stir it now and then.",
    "Rest the roast for ten minutes before you carve it.",
    "Whisk the egg whites until they form stiff peaks.",
  ],
  money: [
    "The central bank raised interest rates by a quarter of a point.",
    "Shares of the carmaker fell after its profits missed forecasts.",
    "She moved her savings into bonds before the market dropped.",
    "Inflation has slowed, but food prices are still going up.",
    "The company paid back its loan two years early.",
    "Investors sold the currency as the trade deficit widened.",
  ],
  weather: [
    "Heavy rain flooded the low streets near the river overnight.",
    "A cold front brings snow to the hills by Thursday evening.",
    "The heat wave broke records in eleven cities.",
    "Fog will clear by noon and give way to sunshine.",
    "Gusts of wind tore branches from the trees.",
    "Thunderstorms are likely along the coast this weekend.",
  ],
  music: [
    "The cellist played the slow movement without looking at the score.",
    "Her new album mixes folk melodies with electronic beats.",
    "The choir rehearsed the chorus until every voice blended.",
    "He tuned his guitar a half step down for the last song.",
    "The orchestra opened the season with a Mahler symphony.",
    "A drummer keeps the band together when the tempo shifts.",
  ],
  software: [
    "The compiler rejects the program because a variable is used after it moved.",
    "A race condition made the test fail once in a thousand runs.",
    "We rolled the release back when error rates started to climb.",
    "The function returns early if the list is empty.",
    "Add an index on that column and the query takes milliseconds.",
    "The patch fixes a memory leak in the image decoder.",
  ],
};

/** `[candidate, reference]`, saying the same in other words. */
export const PARAPHRASES = [
  [
    "The meeting was moved to Friday because the manager is ill.",
    "As the boss is sick, the meeting will take place on Friday.",
  ],
  [
    "The cat slept on the warm windowsill all afternoon.",
    "All afternoon the cat was asleep on the sunny window ledge.",
  ],
  ["Please send me the report before noon.", "Could you get the report to me by midday?"],
  ["The train arrived twenty minutes late.", "The train came in with a delay of twenty minutes."],
];

/** `[candidate, reference]`, about different things. */
export const UNRELATED = [
  [
    "The meeting was moved to Friday because the manager is ill.",
    "Volcanic soil makes the island good for growing coffee.",
  ],
  ["The cat slept on the warm windowsill all afternoon.", "Quarterly revenue grew by nine percent."],
  ["Please send me the report before noon.", "Penguins can dive deeper than two hundred metres."],
  ["The train arrived twenty minutes late.", "This glue needs a day to harden."],
];
