/** What LeanCloud calls the parts of a typed message, and what they are called here: the importer and its guide both go by it. */

/** By `_lctype`. Text has no type here, so that every client shows it; types of an application's own, 1 and above, stay numbers. */
export const typeNames: ReadonlyMap<number, string | undefined> = new Map([
  [-1, undefined],
  [-2, 'image'],
  [-3, 'audio'],
  [-4, 'video'],
  [-5, 'location'],
  [-6, 'file'],
]);

/** What is left of a message that was taken back. */
export const RECALLED_TYPE = -127;

/** Fields of a typed message. Others keep their names. */
export const fieldNames: Readonly<Record<string, string>> = {
  _lctype: 'type',
  _lctext: 'textMessage',
  _lcattrs: 'attributes',
  _lcfile: 'file',
  _lcloc: 'location',
};

/** Fields of `_lcfile`. Others keep their names. */
export const fileFieldNames: Readonly<Record<string, string>> = { objId: 'objectId', metaData: 'metaData' };

/** Columns of `_Conversation` that say what a conversation is. All others are attributes of the room. */
export const conversationColumns: Readonly<Record<string, string>> = {
  objectId: 'the name of the room; `importedFrom` among its attributes',
  name: '`name` among its attributes',
  attr: 'its attributes',
  c: 'its owner',
  m: 'its members',
  mu: 'members who want no push',
  unique: 'the one room of these people',
  tr: 'kind `transient`',
  sys: 'a room in which only the owner, admins and your programs write',
  createdAt: '`createdAt` among its attributes, in ms',
  lm: 'nothing: the last message says it',
  updatedAt: 'nothing',
  uniqueId: 'nothing',
  ACL: 'nothing',
  _id: 'the same as `objectId`',
};
