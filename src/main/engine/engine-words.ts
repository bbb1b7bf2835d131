/** What the process that hosts an engine says to it beside the contract: on its command line, when it is started again after a crash. */
export const continueFlag = '--continue';
/** As a message, before the host leaves because a person quits. */
export const leaveMessage = 'leave';
