/** The walkthrough: from a model to a smaller one, each step done by the command that it names. */
import { type Texts } from './texts';

/** Id of the walkthrough, without that of the extension. */
export const walkthroughId = 'lapidary.start';

interface Step {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly altText: string;
  readonly completionEvents: readonly string[];
}

const steps: readonly Step[] = [
  {
    id: 'profile',
    title: 'See what each layer costs',
    description:
      'Open any .onnx file: its profile shows parameters, bytes, multiply-accumulates and activation memory of every layer, without running it. The tree groups the layers by scope, the costliest in the warmest colour.\n[Show the Models](command:lapidary.models.focus)',
    altText: 'A chart of boxes, one per layer, sized by cost',
    completionEvents: ['onView:lapidary.models', 'onContext:activeCustomEditorId == lapidary.profile'],
  },
  {
    id: 'quantize',
    title: 'Make it smaller and faster',
    description:
      'Right-click a model, choose Quantize Model… and take a preset to begin with. Calibration data, where a pass wants it, is a folder of images or arrays. The original is never touched.\n[Quantize a Model…](command:lapidary.quantize)',
    altText: 'A large box becomes a small one',
    completionEvents: ['onCommand:lapidary.quantize'],
  },
  {
    id: 'proof',
    title: 'Trust the result',
    description:
      'The result page shows size, cost, latency and quality before and after: measured on this machine, both models in turns, with the spread. Layers that were left alone have a reason. Any two models can be compared the same way.\n[Compare Two Models…](command:lapidary.compareWith)',
    altText: 'Two bars, before and after, with the spread of the measurement',
    completionEvents: ['onCommand:lapidary.compareWith', 'onView:lapidary.result'],
  },
  {
    id: 'recipe',
    title: 'Put it into your pipeline',
    description:
      'Save what you did as a recipe with gates, such as "at most half the size" and "no more than one point of accuracy". The same file runs in the editor, as a task, and from the command line in CI.\n[Run a Recipe…](command:lapidary.runRecipe)',
    altText: 'A list of steps with a check mark at each',
    completionEvents: ['onCommand:lapidary.runRecipe'],
  },
];

/** `contributes.walkthroughs`. */
export function walkthroughContributions(texts: Texts): readonly unknown[] {
  return [
    {
      id: walkthroughId,
      title: texts.add('walkthrough', 'Make ONNX Models Smaller and Faster'),
      description: texts.add('walkthrough.description', 'See what a network costs, shrink it, and prove the result.'),
      featuredFor: ['*.onnx'],
      steps: steps.map(({ id, title, description, altText, completionEvents }) => ({
        id,
        title: texts.add(`walkthrough.${id}`, title),
        description: texts.add(`walkthrough.${id}.description`, description),
        media: { svg: `media/walkthrough/${id}.svg`, altText: texts.add(`walkthrough.${id}.alt`, altText) },
        completionEvents,
      })),
    },
  ];
}
