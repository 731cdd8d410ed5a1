-- Gives a process that was not in some groups what was kept for whoever was not heard: its members
-- may have been in them all along, and Redis have forgotten it. A part of other scripts.
--
-- inbox    the process's inbox
-- entries  of the group messages kept for whoever was not heard, those to look at
-- partial  whether there were more, which are not kept any more
-- fresh    the groups as keys of a table
-- oldest   milliseconds before which messages have expired
-- keep     milliseconds that the inbox is kept

local function catch_up(inbox, entries, partial, fresh, oldest, keep)
    local told = {}
    local function tell(group)
        if not told[group] then redis.call('XADD', inbox, '*', 'x', group, 'm', '') end
        told[group] = true
    end
    if partial then
        for name in pairs(fresh) do tell(name) end
    end
    for _, entry in ipairs(entries) do
        local _, group, _, message = unpack(entry[2])
        if fresh[group] and tonumber(entry[1]:match('^%d+')) < oldest then
            tell(group)
        elseif fresh[group] then
            redis.call('XADD', inbox, '*', 'g', group, 'm', message)
        end
    end
    redis.call('PEXPIRE', inbox, keep)
end
