/**
 * Errors people read. An error crosses every wire as a code and facts; the sentence is made from them here,
 * so a message is written once and tested from a table. Each says what is wrong, where, and what to do.
 */
import { formatBytes } from './format';

type Facts = Record<string, string | number | undefined>;

/** The sentence about one skipped image, as part of another. */
const withoutAdvice = (sentence: string | number | undefined): string =>
  String(sentence).replace(/\.? The image is skipped\.$/, '');

const size = (bytes: string | number | undefined): string =>
  typeof bytes === 'number' ? formatBytes(bytes) : String(bytes);

const sentences = {
  'model.not-found': (f: Facts) =>
    `No model "${f.name}"${f.folder ? `: it is neither a file nor a name in the model folder ${f.folder}` : ''}. Give a path to an .onnx or .tflite file, or set the folder with --zoo.`,
  'model.not-onnx': (f: Facts) =>
    `${f.path} is not an ONNX model (${f.found}). Export the model to ONNX and give that file.`,
  'model.truncated': (f: Facts) => `${f.path} is cut short or damaged (${f.detail}). Copy or download the file again.`,
  'model.unsupported-operator': (f: Facts) =>
    `${f.path}: node "${f.node}" uses ${f.operator}, which Whittle does not handle. Export without it, or file a request that names the operator.`,
  'model.unsupported-opset': (f: Facts) =>
    `${f.path} uses ONNX opset ${f.opset}; Whittle reads opsets ${f.min} to ${f.max}. Export it again with opset 17.`,
  'model.external-data-outside': (f: Facts) =>
    `${f.path}: the tensor "${f.tensor}" points to external data "${f.location}" outside the model's folder. Put the data file beside the model.`,
  'model.external-data-missing': (f: Facts) =>
    `${f.path}: the external data "${f.location}" of tensor "${f.tensor}" is missing or too short (${f.detail}). Copy it beside the model.`,
  'model.invalid-tensor': (f: Facts) =>
    `${f.path}: the tensor "${f.tensor}" is not valid (${f.detail}). The file is damaged or was written wrongly; export it again.`,
  'model.invalid-graph': (f: Facts) =>
    `${f.path} is not a valid network: ${f.detail}. Export it again and check it with the ONNX checker.`,
  'model.not-classifier': (f: Facts) =>
    `${f.path} does not look like an image classifier (${f.detail}). Whittle needs one image input [N,C,H,W] and one output [N,classes].`,
  'model.ambiguous-output': (f: Facts) =>
    `${f.path} has several outputs that may hold the class scores (${f.outputs}). Name the right one in its card, or with --scores NAME.`,
  'model.size-open': (f: Facts) =>
    `${f.path} takes images of any size. Say which with --size HEIGHTxWIDTH, or write a card.`,
  'model.differs': (f: Facts) =>
    `${f.path} is not what is said of "${f.model}": ${f.detail}. Correct the card, or compare models with the same input and classes.`,
  'model.needs-onnx': (f: Facts) =>
    `${f.path} is a .${f.format} file: it can be run as it is, and only ONNX models can be compressed. Give the .onnx file it was made from.`,
  'model.too-large': (f: Facts) => `${f.path} takes ${size(f.bytes)}; Whittle reads models up to ${size(f.limit)}.`,
  'model.runtime-rejected': (f: Facts) =>
    `${f.runtime ?? 'ONNX Runtime'} cannot load ${f.path}: ${f.detail}. Check the model with another tool or export it again.`,
  'model.runtime-failed': (f: Facts) =>
    `${f.runtime ?? 'ONNX Runtime'} loaded ${f.path} but cannot run it: ${f.detail}. Check the input size in its card or export it again.`,
  'card.missing': (f: Facts) =>
    `${f.path} has no card ${f.card}, so its preprocessing is unknown. Write one, or give --preprocess (Whittle never guesses a mean; "whittle models try" shows what each does to labelled images).`,
  'card.choice': (f: Facts) => `${f.path}: ${f.detail}. Choose what the network takes.`,
  'card.invalid': (f: Facts) => `${f.path}: ${f.detail}. Correct the model card.`,
  'card.mismatch': (f: Facts) =>
    `${f.path} does not fit its model: ${f.detail}. Correct the card or use the model it was written for.`,
  'dataset.not-found': (f: Facts) =>
    `No dataset at ${f.path}. Give the folder that holds the images or the dataset.json.`,
  'dataset.folder-unreadable': (f: Facts) =>
    `${f.path} cannot be read (${f.detail}). Change its permissions or give another folder.`,
  'dataset.empty': (f: Facts) =>
    `${f.path} holds no images (looked for .jpg, .jpeg, .png, .webp). Give the folder with the images.`,
  'dataset.unreadable': (f: Facts) =>
    `${f.count === 1 ? `The only image in ${f.path} cannot be used` : `None of the ${f.count} images in ${f.path} can be used`}. The ${f.count === 1 ? 'reason' : 'first'}: ${withoutAdvice(f.first)}. Check that they are complete image files.`,
  'dataset.labels-missing': (f: Facts) =>
    `No labels for ${f.path}${f.file ? ` (looked for ${f.file})` : ''}. Put val.txt ("file class" a line) beside the images, use one folder per class, or name the file in dataset.json.`,
  'dataset.labels-invalid': (f: Facts) =>
    `${f.path}, line ${f.line}: ${f.detail}. Each line is "file class" with a class from 0 to ${f.maxClass}.`,
  'dataset.labels-mismatch': (f: Facts) => `${f.path}: ${f.detail}. Check that the label file belongs to these images.`,
  'dataset.classes-mismatch': (f: Facts) =>
    `The dataset ${f.dataset} has class ${f.label}, but ${f.model} knows ${f.classes} classes. Use labels of the same class list, or ask for classes by name ("classes: by-name" in the sweep, --by-name).`,
  'dataset.classes-unnamed': (f: Facts) =>
    `The classes of ${f.path} cannot be matched by name with those of ${f.model}: ${f.detail}. Name them in dataset.json and in the card, or leave "classes: by-name" out.`,
  'dataset.synsets-missing': (f: Facts) =>
    `${f.path} numbers the classes in the devkit's own order, and no file here tells that order (looked for ${f.looked}; meta.mat cannot be read). Put map_clsloc.txt of the ILSVRC devkit beside it, or a val.txt with "file class" a line.`,
  'dataset.too-few': (f: Facts) =>
    f.available === 0
      ? `${f.path} has no images for ${f.split === 'eval' ? 'evaluation' : f.split}, and ${f.wanted} are needed. Add images, or leave some of another split to it.`
      : `${f.path} has ${f.available} images for ${f.split === 'eval' ? 'evaluation' : f.split}, and ${f.wanted} are asked for. Ask for ${f.available} at most, or add images.`,
  'dataset.training-evaluated': (f: Facts) =>
    `Every training image in ${f.path} is an evaluation image of ${f.dataset} too, by its content (${f.examples}). Give other images for training, or none: then the calibration images serve.`,
  'dataset.training-classes': (f: Facts) =>
    `The training images in ${f.path} are all of classes that ${f.dataset} does not have (${f.examples}). Give images of its classes, or images without labels.`,
  'dataset.spec-invalid': (f: Facts) => `${f.path}: ${f.detail}. Correct dataset.json.`,
  'dataset.path-outside': (f: Facts) =>
    `${f.path}: "${f.value}" leads outside the dataset folder. Name folders and files inside it.`,
  'image.too-large': (f: Facts) =>
    `${f.path} has ${f.width} x ${f.height} pixels; the limit is ${f.limit} megapixels. The image is skipped.`,
  'image.too-small': (f: Facts) =>
    `${f.path} has ${f.width} x ${f.height} pixels, less than the crop of ${f.crop}${f.resize ? ` after resizing to ${f.resize}` : ''}. The image is skipped.`,
  'image.broken': (f: Facts) => `${f.path} cannot be decoded (${f.detail}). The image is skipped.`,
  'technique.unknown': (f: Facts) =>
    `${f.recipe ? `The recipe "${f.recipe}" names an unknown technique` : 'Unknown technique'} "${f.id}"${f.near ? `; did you mean "${f.near}"?` : '.'} "whittle techniques" lists them.`,
  'technique.params': (f: Facts) =>
    `${f.recipe ? `In the recipe "${f.recipe}", ` : ''}${f.id}: ${f.detail}. "whittle techniques ${f.id}" lists the parameters.`,
  'technique.not-applicable': (f: Facts) => `${f.id} cannot be applied to ${f.model}: ${f.detail}.`,
  'technique.order': (f: Facts) => `In the recipe "${f.recipe}", ${f.id} cannot follow ${f.previous}: ${f.detail}.`,
  'technique.failed': (f: Facts) => `${f.id} failed: ${f.detail}.`,
  'recipe.syntax': (f: Facts) =>
    `Recipe "${f.text}", at character ${f.position}: ${f.detail}. Write steps as in "prune.magnitude{amount:0.5} | quantize.static".`,
  'sweep.not-found': (f: Facts) => `No sweep file at ${f.path}. Give the path of a YAML file.`,
  'sweep.yaml': (f: Facts) => `${f.path}, line ${f.line}: ${f.detail}. Correct the YAML.`,
  'sweep.invalid': (f: Facts) => `${f.path}: ${f.at ? `"${f.at}": ` : ''}${f.detail}. Correct the sweep file.`,
  'budget.invalid': (f: Facts) =>
    `The budget "${f.text}" is not valid: ${f.detail}. Write it as in "drop<=1, size<=2MB, time<=0.5".`,
  'sweep.range': (f: Facts) =>
    `${f.recipe ? `In the recipe "${f.recipe}", ` : ''}${f.id}: ${f.detail}. Give a list of values, or { from, to, step }.`,
  'sweep.names': (f: Facts) => `The recipe "${f.recipe}" cannot be expanded: ${f.detail}.`,
  'sweep.too-many': (f: Facts) =>
    `The sweep would have ${f.trials} trials (${f.models} ${f.models === '1' ? 'model' : 'models'} x ${f.recipes} recipes), and the most is ${f.limit}. Narrow a range, or split the sweep.`,
  'template.unknown': (f: Facts) =>
    `Unknown template "${f.id}"${f.near ? `; did you mean "${f.near}"?` : '.'} "whittle templates" lists them.`,
  'output.unwritable': (f: Facts) => `Cannot write to ${f.path} (${f.detail}). Choose a folder you may write to.`,
  'output.disk-full': (f: Facts) =>
    `The disk that holds ${f.path} is full. Free some space and run the same command again: finished steps are kept.`,
  'store.busy': (f: Facts) =>
    `Another run is using ${f.path}${f.owner ? ` (${f.owner})` : ''}. Wait for it to finish, or give this run its own folder with --out.`,
  'store.newer': (f: Facts) =>
    `${f.path} was written by a newer Whittle (schema ${f.found}, this one knows ${f.known}). Update Whittle or use another folder.`,
  'store.damaged': (f: Facts) =>
    `The database ${f.path} cannot be read (${f.detail}). Move it away; results are computed again.`,
  'run.not-found': (f: Facts) => `No run "${f.run}" in ${f.path}. "whittle report latest" reports the last one.`,
  'run.damaged': (f: Facts) =>
    `The run "${f.run}" in ${f.path} is damaged: ${f.detail}. Run its sweep again, which finds its finished steps; "whittle runs delete ${f.run}" hides this one.`,
  'run.under-way': (f: Facts) => `The run "${f.run}" is under way. Cancel it first; finished steps are kept.`,
  'artifact.collected': (f: Facts) =>
    `The file of ${f.trial} was removed to keep within the disk budget; its numbers are kept. Make it again from its panel in the matrix or with "whittle runs remake", then ask again.`,
  'run.of-search': (f: Facts) =>
    `The run "${f.run}" belongs to a search, which alone decides what runs in it. Give the same command again to go on.`,
  'run.no-recipe': (f: Facts) =>
    `The run "${f.run}" has no recipe "${f.recipe}" to compare with. It has: ${f.recipes}.`,
  'trial.not-found': (f: Facts) => `The run "${f.run}" has no trial "${f.trial}". It has: ${f.trials}.`,
  'handover.not-ready': (f: Facts) =>
    `${f.trial} cannot be handed over: ${f.detail}. Choose a trial that is done, of a model with a card.`,
  'handover.too-large': (f: Facts) =>
    `${f.path} would take ${size(f.bytes)}, and a zip of this kind holds at most ${size(f.limit)}. Hand over the folder, without --zip.`,
  'run.none': (f: Facts) => `There is no run in ${f.path} yet. Start one with "whittle run SWEEP.yaml".`,
  'trial.not-evaluated': (f: Facts) =>
    `Nothing to compare yet: ${f.model} with ${f.recipe} was not evaluated in ${f.runtime}. Wait for it, or continue the run.`,
  'results.not-found': (f: Facts) =>
    `There are no results in ${f.path}: it holds no whittle.db. Choose the folder that was given to "whittle run --out".`,
  'results.file-invalid': (f: Facts) =>
    `${f.path} holds no results that can be shown: ${f.detail}. Choose a JSON file that "whittle report --json" or the window exported.`,
  'results.read-only': (f: Facts) =>
    `The run "${f.run}" was opened from a file, which has its figures and no more: ${f.detail}. Do it where the run was made.`,
  'results.busy': () =>
    `A sweep is under way here, and other results can only be opened beside none. Wait for its end or cancel it; finished steps are kept.`,
  'machines.none': () =>
    'No server is in use, so there is no other machine to work with. Name one in the view Machines; its address is kept.',
  'window.unavailable': (f: Facts) =>
    `The window cannot be opened: ${f.detail}. Start it once with "npm start", or use "whittle report" to read results here.`,
  'worker.crashed': (f: Facts) =>
    `The ${f.job} process ended unexpectedly (${f.detail}). The other trials go on; run again to retry this one.`,
  'step.memory': (f: Facts) =>
    `The ${f.job} process took ${f.usedMB} MB of memory, more than the ${f.limitMB} MB that limits.stepMemoryMB allows. Raise it in the sweep file, or leave this trial out.`,
  'step.time': (f: Facts) =>
    `The ${f.job} process was stopped after ${f.limitMinutes} minutes, which is all that limits.stepMinutes allows. Raise it in the sweep file, or leave this trial out.`,
  'artifact.damaged': (f: Facts) =>
    `${f.path} is damaged: it does not hold what was written there. Run the sweep again, which makes this file anew; if it is damaged again, check the disk.`,
  'model.changed': (f: Facts) =>
    `The model ${f.path} was changed or moved after it was opened. Start the run again to work with the file as it is now.`,
  'content.missing': (f: Facts) => `The ${f.what} is not in ${f.path} any more. Start the run again.`,
  'format.unsupported-operator': (f: Facts) =>
    `${f.path} cannot become a .${f.format} file: it has no counterpart of ${f.operators}. Deploy it as ONNX, or export the model without that.`,
  'tflite.foreign': (f: Facts) =>
    `${f.path} is not a TensorFlow Lite file (${f.found}). Give a .tflite file, or an .onnx file.`,
  'tflite.damaged': (f: Facts) =>
    `${f.path} is not a valid TensorFlow Lite file: ${f.detail}. Copy or download it again, or convert the model anew.`,
  'coreml.damaged': (f: Facts) =>
    `${f.path} is not a Core ML package with an ML Program. Copy it again, with all files in it, or convert the model anew.`,
  'format.no-codes': (f: Facts) =>
    `${f.path} cannot become a .${f.format} file with ${f.type} ${f.side}: ${f.detail}. Quantize the model all the way (quantize.static), or choose float32.`,
  'format.integers-only': (f: Facts) =>
    `${f.taker} takes networks in integers alone, and this one computes in floats. End its recipe with quantize.static{profile:tflite}.`,
  'format.no-branches': (f: Facts) =>
    `${f.taker} does not take a network that some images leave early. Deploy it as ONNX, or leave out the step that added the exits.`,
  'format.no-gates': (f: Facts) =>
    `${f.taker} does not take a network that picks weights for each image. Deploy it as ONNX, or leave out the step that added the gates.`,
  'format.unknown': (f: Facts) => `Nothing here writes .${f.format} files. Choose a runtime that takes ONNX.`,
  'deploy.invalid': (f: Facts) =>
    `What "deploy" says of ${f.format} is not valid: ${f.detail}. Correct it in the sweep file.`,
  'format.too-large': (f: Facts) =>
    `As .${f.format} the model would take ${size(f.bytes)}, and such a file holds at most ${size(f.limit)}. Compress its weights first.`,
  'target.unknown': (f: Facts) => `Unknown target runtime "${f.runtime}". Available here: ${f.available}.`,
  'runtime.unavailable': (f: Facts) => `${f.title} is not here (${f.detail}). ${f.remedy}.`,
  'target.format': (f: Facts) =>
    `${f.runtime} runs .${f.runs} files, and ${f.path} is a .${f.format} file. ${f.others ? `Choose ${f.others} with --runtime.` : 'Give another file.'}`,
  'target.unusable': (f: Facts) =>
    `The target "${f.target}" cannot be measured here: ${f.detail}. Change or remove it.`,
  'target.nobody': (f: Facts) =>
    `No machine labelled "${f.label}" is there for the target "${f.target}"${f.detail ? ` (${f.detail})` : ''}. Start "whittle agent --labels ${f.label}" on one and name its server with --server, or correct "on".`,
  'target.mixed': (f: Facts) =>
    `The machines labelled "${f.label}" are of different kinds: of ${f.one} and ${f.other}, ${f.detail}. Make them alike, or give each kind a label of its own.`,
  'target.lacking': (f: Facts) =>
    `The machine "${f.label}" has no ${f.runtime}, which the target "${f.target}" takes there; it has ${f.there}. Install it there and start its agent again, or change the target.`,
  'agents.server': (f: Facts) =>
    `The server "${f.server}" cannot be used${f.detail ? ` (${f.detail})` : ''}. Name it as in nats://computer:4222, or tls://computer:4222 where it asks for TLS.`,
  'agents.not-joined': () =>
    'This machine belongs to no others. Name a server first: "whittle agent invite --server nats://computer:4222", or take a code from another machine: "whittle agent join CODE".',
  'agents.membership': (f: Facts) =>
    `${f.path} cannot be read as what this machine shares with others. Remove it and join again with "whittle agent join CODE".`,
  'agents.code': () => 'The code is not complete or not one of "whittle agent invite". Copy it as a whole.',
  'agents.gone': (f: Facts) =>
    `The server has no file ${f.file} any more. It is uploaded again when the step is tried again.`,
  'agents.damaged': (f: Facts) =>
    `What the server has under ${f.file} is not what that name stands for. It was not taken; look who may write to the server.`,
  'agents.too-large': (f: Facts) =>
    `The step needs ${size(f.bytes)} of models and images, and this machine may keep ${size(f.limit)}. Raise it with --cache-gb.`,
  'agents.none': (f: Facts) =>
    `The step needs ${f.label ? `a machine labelled "${f.label}"` : 'a machine of another kind'}, and no server is named. Name it with --server or in the view Machines, and continue the run.`,
  'agents.tried': (f: Facts) =>
    `"${f.step}" was given out ${f.count} times and finished by no agent. Look at what the agents say of it.`,
  'coral.usb-unavailable': (f: Facts) =>
    `The USB devices of this machine cannot be listed (${f.detail}). In a container or virtual machine, pass USB through to it.`,
  'coral.forbidden': (f: Facts) =>
    `This user may not open the Coral at ${f.port}. Put the udev rule in place, join the group plugdev, and plug the Coral in again.`,
  'coral.waiting': (f: Facts) =>
    `The Coral at ${f.port} starts with its first use: it disappears for some seconds and comes back as another device. Nothing needs to be done.`,
  'coral.slow': (f: Facts) =>
    `The Coral at ${f.port} runs at USB 2 speed${f.hub ? `, behind ${f.hub}` : ''}, so uploading weights and images takes about ten times as long. Use a USB 3 port of the machine itself and the cable it came with.`,
  'coral.library-missing': (f: Facts) =>
    `No libedgetpu is here, which runs models on a Coral. ${f.hint}. Where it lies in a folder of its own, name that folder in Settings or WHITTLE_RUNTIMES.`,
  'coral.library-unloadable': (f: Facts) =>
    `${f.path} cannot be loaded: ${f.detail}. Install the libedgetpu for this system and processor, and libusb with it.`,
  'coral.library-unknown': (f: Facts) =>
    `${f.path} does not say which Edge TPU runtime it is (it answers "${f.found}"), so it is not used. Install libedgetpu 16.0 or a rebuild of it.`,
  'coral.runtime-old': (f: Facts) =>
    `${f.path} is Edge TPU runtime ${f.found}, and the least that can be used is ${f.least}. Install libedgetpu 16.0 (runtime 14).`,
  'coral.runtime-older-than-file': (f: Facts) =>
    `${f.path} was compiled for Edge TPU runtime ${f.needed}, and the libedgetpu here is runtime ${f.found}. Install a newer one, or compile with "edgetpu_compiler --min_runtime_version ${f.found}".`,
  'coral.tflite-missing': () =>
    `There is no TensorFlow Lite library here for libedgetpu to work in. Get the runtime pack "tflite", whose version fits.`,
  'coral.tflite-new': (f: Facts) =>
    `${f.path} would crash in TensorFlow Lite ${f.tflite}: it was seen to work up to ${f.newest}. Use the runtime pack "tflite" (2.9), which fits.`,
  'coral.no-device': (f: Facts) =>
    `No Coral ${f.device ? `"${f.device}" is there (libedgetpu lists ${f.found})` : 'is there'}. Plug one in; where it is plugged in, see "whittle doctor --coral".`,
  'coral.not-opened': (f: Facts) =>
    `The Coral at ${f.device} is listed by libedgetpu and could not be opened. Close other programs that use it, or pull it out and plug it in again.`,
  'coral.not-compiled': (f: Facts) =>
    `${f.path} was not compiled for the Edge TPU: it holds no operator "edgetpu-custom-op". Compile it with edgetpu_compiler.`,
  'coral.damaged': (f: Facts) =>
    `${f.path} says it was compiled for the Edge TPU, and that part of it is damaged (${f.detail}). Compile it again.`,
  'coral.gone': (f: Facts) =>
    `The Coral stopped answering while it worked (${f.detail}): it was pulled out, or its port gives too little power. Plug it into a port of the machine itself and run again: finished steps are kept.`,
  'coral.failed': (f: Facts) =>
    `The Coral at ${f.device} cannot run ${f.path}: ${f.detail}. Pull it out, let it cool, plug it in again, and run again.`,
  'edgetpu.compiler-missing': (f: Facts) =>
    `No edgetpu_compiler is here to compile ${f.path}. Run "${f.command}" on x86-64 Linux, then put ${f.result} into ${f.folder} and run again.`,
  'edgetpu.compiler-failed': (f: Facts) =>
    `The compiler edgetpu_compiler cannot compile ${f.path}: ${f.detail}. ${f.advice ?? 'Leave the target edgetpu out for this model, or change the model'}.`,
  'edgetpu.compiler-timeout': (f: Facts) =>
    `The compiler edgetpu_compiler had not compiled ${f.path} after ${f.seconds} s and was stopped. Give it longer with WHITTLE_EDGETPU_COMPILER_SECONDS.`,
  'edgetpu.other-network': (f: Facts) =>
    `${f.path} is not ${f.source} compiled: ${f.detail}. Compile that very file and put the result in its place.`,
  'download.off': (f: Facts) =>
    `Downloads are switched off, so ${f.name} was not fetched. Leave out --offline (or unset WHITTLE_OFFLINE), or bring the files by hand: "whittle get --json" tells their addresses and hashes.`,
  'download.unconfirmed': (f: Facts) =>
    `Nothing was fetched: ${f.name} takes ${f.size}, and nobody said yes. Add --yes where nobody can be asked.`,
  'download.unknown': (f: Facts) =>
    `There is nothing called "${f.name}" to get${f.near ? `; did you mean "${f.near}"?` : '.'} "whittle get" lists what there is.`,
  'pack.client': (f: Facts) =>
    `${f.name} was not fetched: ${f.client} is what fetches it, and ${f.detail}. ${f.otherwise}.`,
  'pack.none': (f: Facts) => `There is no pack of ${f.title} for ${f.platform}. ${f.otherwise}.`,
  'download.insecure': (f: Facts) =>
    `${f.url} leads to ${f.to}, which is not https, so nothing was fetched. Use an https address.`,
  'download.unreachable': (f: Facts) =>
    `${f.url} could not be fetched (${f.detail}). Check the connection and ask again: what has arrived is kept.`,
  'download.refused': (f: Facts) =>
    `${f.url} is not to be had (the server answers ${f.status}). Try again later, or bring the file by hand.`,
  'download.damaged': (f: Facts) =>
    `${f.url} is not the file it should be (${f.detail}), however often it is asked for, and was deleted. Try again later, or over another connection.`,
  'archive.unsafe': (f: Facts) =>
    `${f.path} was not unpacked: of "${f.entry}", ${f.detail}. Nothing of it was kept; get the archive from its makers.`,
  'archive.damaged': (f: Facts) => `${f.path} is a damaged archive (${f.detail}). Delete it and fetch it again.`,
  'live.ended': (f: Facts) =>
    `${f.model} on ${f.target} ended unexpectedly (${f.detail}). Start it again, or choose another target.`,
  'live.unfinished': (f: Facts) => `${f.trial} has no file yet. Wait until it is compressed, or continue the run.`,
  'live.closed': () => `This session of Live was closed. Start it again.`,
  'live.no-image': (f: Facts) => `There is no image ${f.index}: the source has ${f.count}. Choose another.`,
  'live.format': (f: Facts) =>
    `${f.model} is not there as .${f.format}, which ${f.target} takes. Choose a trial that was deployed there, or another target.`,
  'live.record-full': (f: Facts) =>
    `The record holds ${f.limit} answers, which is all it takes. Save it and begin another.`,
  'live.stream': (f: Facts) =>
    `The frames on standard input cannot be read: ${f.detail}. Give JPEG pictures one after another, as "ffmpeg -i VIDEO -f mjpeg -" writes them, or --raw WIDTHxHEIGHT for raw RGB.`,
  'engine.gone': () => `The engine stopped and is being restarted. Try again in a moment.`,
  'pdf.unavailable': (f: Facts) =>
    `The PDF needs Electron to print it: ${f.detail}. Use --html, --csv or --json, or start the window once with "npm start".`,
  'search.integers-only': (f: Facts) =>
    `${f.target} takes networks in integers alone, and a search tries others too. Search on ${f.other}, then sweep what it finds on ${f.target}.`,
  'search.no-time': (f: Facts) =>
    `The time was over before ${f.network} itself was measured. Give it longer (--budget); what is done is kept.`,
  usage: (f: Facts) => `${f.detail}. "whittle --help" shows the commands.`,
  'ipc.invalid': (f: Facts) => `The request ${f.endpoint} is not valid: ${f.detail}.`,
  cancelled: () => `Cancelled.`,
  internal: (f: Facts) => `Something went wrong inside Whittle: ${f.detail}. Please report it with the log.`,
} satisfies Record<string, (facts: Facts) => string>;

export type ErrorCode = keyof typeof sentences;

export interface ErrorReport {
  code: ErrorCode;
  facts: Facts;
}

/** An error a person can act on. `message` is the sentence made from code and facts. */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    readonly facts: Facts = {},
    options?: ErrorOptions,
  ) {
    super(sentenceFor({ code, facts }), options);
    this.name = 'AppError';
  }

  toReport(): ErrorReport {
    return { code: this.code, facts: this.facts };
  }
}

export function sentenceFor(report: ErrorReport): string {
  // Details come from elsewhere and may bring their own full stop or question mark.
  return sentences[report.code](report.facts).replace(/([.?!])\.(?=\s|$)/g, '$1');
}

/** A sentence that advises one of Whittle's commands, with the space before it. */
const commandAdvice = / (?:[^.?!"]|"[^"]*")*"whittle [^"]*"(?:[^.?!"]|"[^"]*")*[.?!]/g;

/** For the window, where nothing can be typed: without the advice that names a command, unless there is nothing else. */
export const withoutCommands = (sentences: string): string => sentences.replace(commandAdvice, '');

export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === 'string' && Object.hasOwn(sentences, code);
}

/** Any thrown value as an AppError; foreign errors become `internal` with their first line. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('internal', { detail: detail.split('\n')[0] }, { cause: thrown });
}
