/** The keys of a room, of a user, and of the conversation of two: all of one under its hash tag. */
import { key, type Key } from './key.ts';

/** Keys of a topic, made as they are asked for. What ends in `:` is a prefix: what scripts append stays inside the tag. */
class TopicKeys {
  readonly #tag: string;

  constructor(tag: string) {
    this.#tag = tag;
  }

  protected key(part: string): Key {
    return key(this.#tag, part);
  }

  /** What they all begin with; none itself. */
  get beginning(): Key {
    return this.key('');
  }
  get channel(): Key {
    return this.key('channel');
  }
  get meta(): Key {
    return this.key('meta');
  }
  get history(): Key {
    return this.key('history');
  }
  /** The latest versions of messages that have changed, by id. */
  get latest(): Key {
    return this.key('latest');
  }
  /** A history that is being written anew. */
  get rewritten(): Key {
    return this.key('rewritten');
  }
  /** Messages by the number of their last change. */
  get changed(): Key {
    return this.key('changed');
  }
  /** Who reacted to which message, and how, by its id. */
  get reactions(): Key {
    return this.key('reactions');
  }
  /** What was done to messages and is not told yet. */
  get changesDue(): Key {
    return this.key('changed:due');
  }
  get events(): Key {
    return this.key('events');
  }
  get tomb(): Key {
    return this.key('tomb:');
  }
  /** How far the log was sent to the operator's webhook. */
  get webhook(): Key {
    return this.key('webhook');
  }
  /** Lives of deleted rooms of that name of which not all was sent there, by when they ended. */
  get webhookEnded(): Key {
    return this.key('webhooks');
  }
}

export class RoomKeys extends TopicKeys {
  /** Stored as `members`, as it always was: nodes of two versions share one Redis while a new one is rolled out. */
  get occupants(): Key {
    return this.key('members');
  }
  get names(): Key {
    return this.key('names');
  }
  get perNode(): Key {
    return this.key('sockets:');
  }
  get nodes(): Key {
    return this.key('nodes');
  }
  get seen(): Key {
    return this.key('seen');
  }
  get left(): Key {
    return this.key('left');
  }
  get dedup(): Key {
    return this.key('dedup:');
  }
  get adminlist(): Key {
    return this.key('adminlist');
  }
  get whitelist(): Key {
    return this.key('whitelist');
  }
  get blacklist(): Key {
    return this.key('blacklist');
  }
  get changes(): Key {
    return this.key('changes');
  }
  /** User → the message up to which it has read, of those who are in the room or whose session has it. */
  get marks(): Key {
    return this.key('marks');
  }
  /** User → the newest message that mentions it. */
  get mentioned(): Key {
    return this.key('mentioned');
  }
  /** User → where in the log its session's entry was last joined. */
  get entries(): Key {
    return this.key('entries');
  }
  /** A set of these users, as earlier builds kept it. */
  get filed(): Key {
    return this.key('filed');
  }
  /** Who belongs to the room, whether online or not. */
  get roster(): Key {
    return this.key('roster');
  }
  /** Of those on the blacklist for a time: until when. */
  get bans(): Key {
    return this.key('bans');
  }
  /** User → until when it may not post. */
  get silenced(): Key {
    return this.key('silenced');
  }
  /** User → its last post, where slow mode is on. */
  get paced(): Key {
    return this.key('paced');
  }
  /** Members who want no push. */
  get muted(): Key {
    return this.key('muted');
  }
  /** Changes of members of which these users are not told yet, and by which node. */
  get membersDue(): Key {
    return this.key('due');
  }
  get evictedUsers(): Key {
    return this.key('evicted');
  }
  /** Of signed edits. They stay when the room is deleted, for as long as the signatures are good. */
  get nonces(): Key {
    return this.key('nonces');
  }
  /** Stored as `gone`, as it always was, see `occupants`. */
  get deletions(): Key {
    return this.key('gone');
  }
  get ended(): Key {
    return this.key('ended:');
  }
  get removedOccupants(): Key {
    return this.key('members:');
  }
  get removedEntries(): Key {
    return this.key('entries:');
  }
  get removedRoster(): Key {
    return this.key('roster:');
  }
}

/** A user's `history` is its inbox: the notices that its devices may have missed. */
export class UserKeys extends TopicKeys {
  get sockets(): Key {
    return this.key('sockets');
  }
  get synced(): Key {
    return this.key('synced');
  }
  get session(): Key {
    return this.key('session');
  }
  get leaving(): Key {
    return this.key('leaving');
  }
  get whitelist(): Key {
    return this.key('whitelist');
  }
  get blacklist(): Key {
    return this.key('blacklist');
  }
  get dedup(): Key {
    return this.key('dedup:');
  }
  get rooms(): Key {
    return this.key('rooms:');
  }
  /** Socket → the device that its login named. */
  get devices(): Key {
    return this.key('devices');
  }
  get nonces(): Key {
    return this.key('nonces');
  }
  get revoked(): Key {
    return this.key('revoked');
  }
  get voided(): Key {
    return this.key('voided');
  }
  get owned(): Key {
    return this.key('owned');
  }
  /** With whom it has stored conversations, by the time of what was said last. */
  get peers(): Key {
    return this.key('peers');
  }
  /** Peer → how far its messages were handed to the user. */
  get delivered(): Key {
    return this.key('delivered');
  }
  /** Peers of whom something may have come that no socket has had. */
  get missed(): Key {
    return this.key('missed');
  }
  /** Peers of whom something may be unread, by time. */
  get unread(): Key {
    return this.key('unread');
  }
  /** Peer → up to which change of a message in their conversation the user was told. */
  get changesTold(): Key {
    return this.key('changed:told');
  }
  /** Room → which of that name it belongs to: as the rooms' rosters say, later. */
  get belongs(): Key {
    return this.key('belongs');
  }
  /** Room → since when it does not any more, of late. */
  get belonged(): Key {
    return this.key('belonged');
  }
  /** Room → the membership that an earlier user of the name still has there. */
  get belongsFormer(): Key {
    return this.key('belongs:former');
  }
  /** Socket → what is posted if it goes without a word. */
  get wills(): Key {
    return this.key('wills');
  }
  get profile(): Key {
    return this.key('profile');
  }
  /** Is there while what a user of that name wrote is being erased. */
  get erasing(): Key {
    return this.key('erasing');
  }
  get contacts(): Key {
    return this.key('contacts');
  }
  /** Contact → what is under way, where this side decides. */
  get contactsDue(): Key {
    return this.key('contacts:due');
  }
  /** Whose contact an earlier user of the name still is. */
  get contactsFormer(): Key {
    return this.key('contacts:former');
  }
}

/** The conversation of two users: a log that nobody follows, so its channel and events are not in use. */
export class PairKeys extends TopicKeys {
  get dedup(): Key {
    return this.key('dedup:');
  }
}

/** A log that was renamed when its room was deleted, until all of it was sent to the webhook. */
export class EndedKeys extends TopicKeys {
  readonly #life: string;

  constructor(tag: string, life: string) {
    super(tag);
    this.#life = life;
  }

  protected override key(part: string): Key {
    return super.key(`ended:${this.#life}:${part}`);
  }
  override get webhookEnded(): Key {
    return super.key('webhooks');
  }
}
