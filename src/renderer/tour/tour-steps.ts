/** A stop of the tour: what is said, in which view, and what it points at. */
export interface TourStep {
  title: string;
  text: string;
  /** What is said in place of it while there is no run to point at. */
  textBeforeRuns?: string;
  /** Name of the view. */
  view: string;
  /** Selector of what is outlined; where it is not there, nothing is. */
  target: string;
}

/** A minute on the starter pack: three small networks and rendered images that come with the application. */
export const tourSteps: readonly TourStep[] = [
  {
    title: 'Models and images',
    text: 'A sweep takes any number of ONNX classifiers and one folder of images. The starter pack filled in both: drop your own .onnx files or a folder anywhere on the window when you have some.',
    view: 'sweep',
    target: '[data-tour="inputs"]',
  },
  {
    title: 'Recipes',
    text: 'Each recipe is a chain of steps, each step one technique with its parameters. Open a step to change it; the baseline is always there to compare with.',
    view: 'sweep',
    target: '[data-tour="recipes"]',
  },
  {
    title: 'The plan',
    text: 'How many trials that makes and what is computed already stands here. Start it if you like: the starter sweep takes a minute or two, and can be stopped and resumed at any time.',
    view: 'sweep',
    target: '[data-tour="plan"]',
  },
  {
    title: 'The matrix',
    text: 'Recipes down, models across: size, latency and top-1 of the very file that would ship. A difference is called clear only when its interval leaves the zone of indifference.',
    textBeforeRuns:
      'Nothing has run yet. Once a sweep runs, it fills in here: recipes down, models across, with size, latency and top-1 of the very file that would ship.',
    view: 'matrix',
    target: '[data-tour="matrix"]',
  },
  {
    title: 'What to do with it',
    text: 'Click a cell to see its file, layers and numbers, and to save the model. Export makes a CSV, a PDF or JSON for others. The Help menu shows this tour again.',
    textBeforeRuns:
      'A click on a cell will then show its file, layers and numbers, and save the model; Export makes a CSV, a PDF or JSON for others. The Help menu shows this tour again.',
    view: 'matrix',
    target: '[data-tour="matrix"]',
  },
];
