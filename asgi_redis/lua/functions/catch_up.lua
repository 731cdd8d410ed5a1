-- Gives a process that was not in some groups what was kept for whoever was not heard: its members
-- may have been in them all along, and Redis have forgotten it. A part of other scripts.
--
-- inbox   the process's inbox
-- kept    group messages kept for whoever was not heard
-- fresh   the groups as keys of a table
-- oldest  milliseconds before which messages have expired
-- keep    milliseconds that the inbox is kept

local function catch_up(inbox, kept, fresh, oldest, keep)
    local told = {}
    local function tell(group)
        if not told[group] then redis.call('XADD', inbox, '*', 'x', group, 'm', '') end
        told[group] = true
    end
    for _, entry in ipairs(redis.call('XRANGE', kept, '-', '+')) do
        local operation, group, _, message = unpack(entry[2])
        if operation == 'x' then
            for name in pairs(fresh) do tell(name) end
        elseif fresh[group] and tonumber(entry[1]:match('^%d+')) < oldest then
            tell(group)
        elseif fresh[group] then
            redis.call('XADD', inbox, '*', 'g', group, 'm', message)
        end
    end
    redis.call('PEXPIRE', inbox, keep)
end
